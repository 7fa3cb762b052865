import { type BeforeLeaveEventArgs, useBeforeLeave } from "@solidjs/router";
import { createEffect, createSignal, onCleanup, Show } from "solid-js";
import { t } from "../i18n";
import { Dialog } from "./Dialog";

/** Asks before a form is left whose changes are not saved: inside the portal by a dialog, elsewhere by the browser. */
export function Unsaved(props: { changed: boolean }) {
  const [leaving, setLeaving] = createSignal<BeforeLeaveEventArgs>();

  useBeforeLeave((leave) => {
    if (!props.changed || leave.defaultPrevented) return;
    leave.preventDefault();
    setLeaving(leave);
  });

  // Only while something is changed: a listener keeps a page out of the browser's back-forward cache.
  createEffect(() => {
    if (!props.changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    onCleanup(() => removeEventListener("beforeunload", ask));
  });

  return (
    <Show when={leaving()}>
      {(leave) => (
        <Dialog title={t("unsaved.title")} onClose={() => setLeaving(undefined)}>
          <p>{t("unsaved.text")}</p>
          <div class="modal-action">
            <button type="button" class="btn btn-ghost" onClick={() => leave().retry(true)}>
              {t("unsaved.leave")}
            </button>
            <button type="button" class="btn btn-primary" onClick={() => setLeaving(undefined)}>
              {t("unsaved.stay")}
            </button>
          </div>
        </Dialog>
      )}
    </Show>
  );
}
