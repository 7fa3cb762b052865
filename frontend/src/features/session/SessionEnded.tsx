import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, createSignal, onCleanup, onMount, Show } from "solid-js";
import { ApiError } from "../../api/errors";
import { q } from "../../api/queries";
import { endings, loginAddress, session } from "../../api/session";
import { t } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { errorMessage } from "../../ui/states";

/**
 * Over the page whose session has ended, which stays with all that was typed: sign in beside it, and go on. Whoever
 * closes it may still copy the text; the next request that is refused brings it back.
 */
export function SessionEnded() {
  const [closed, setClosed] = createSignal(false);
  createEffect(() => {
    endings();
    setClosed(false);
  });
  return (
    <Show when={session() === "ended" && !closed()}>
      <Ask onClose={() => setClosed(true)} />
    </Show>
  );
}

function Ask(props: { onClose: () => void }) {
  const cache = useQueryClient();
  const [problem, setProblem] = createSignal<string>();
  const [busy, setBusy] = createSignal(false);

  const goOn = async () => {
    setBusy(true);
    try {
      await cache.fetchQuery({ ...q.me(), staleTime: 0, retry: false });
      void cache.invalidateQueries(); // What was refused meanwhile is asked for again.
    } catch (error) {
      const still = error instanceof ApiError && error.unauthenticated;
      setProblem(still ? t("sessionEnded.notYet") : errorMessage(error));
    } finally {
      setBusy(false);
    }
  };

  // Coming back from the other tab is as good as pressing the button.
  let left = false;
  const onBlur = () => (left = true);
  const onFocus = () => left && void goOn();
  onMount(() => {
    addEventListener("blur", onBlur);
    addEventListener("focus", onFocus);
  });
  onCleanup(() => {
    removeEventListener("blur", onBlur);
    removeEventListener("focus", onFocus);
  });

  return (
    <Dialog title={t("sessionEnded.title")} onClose={() => props.onClose()}>
      <div class="grid gap-4">
        <p>{t("sessionEnded.text")}</p>
        <Show when={problem()}>
          {(words) => (
            <p role="alert" class="text-error text-sm">
              {words()}
            </p>
          )}
        </Show>
        <div class="mt-2 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <button
            type="button"
            class="btn btn-plain"
            aria-busy={busy()}
            disabled={busy()}
            onClick={() => void goOn()}
          >
            {t("sessionEnded.goOn")}
          </button>
          <a class="btn btn-primary" href={loginAddress("/")} target="_blank" rel="external">
            {t("sessionEnded.signIn")}
          </a>
        </div>
      </div>
    </Dialog>
  );
}
