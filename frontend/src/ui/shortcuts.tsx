import { createSignal, onCleanup, onMount, Show } from "solid-js";
import { t } from "../i18n";
import { recall, remember } from "../lib/preferences";
import { Dialog } from "./Dialog";

const [enabled, setEnabled] = createSignal(recall("shortcuts") !== "off");
const [open, setOpen] = createSignal(false);
export const showShortcuts = () => setOpen(true);

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, select, textarea, [contenteditable], dialog") !== null
  );
}

function onKeyDown(event: KeyboardEvent): void {
  if (!enabled() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    const filter = document.querySelector<HTMLElement>("[data-filter]");
    if (!filter) return;
    event.preventDefault();
    filter.focus();
  } else if (event.key === "?") {
    event.preventDefault();
    setOpen(true);
  }
}

/** `/` and `?`. People who speak to their computer may turn them off: a spoken word is a row of single keys. */
export function Shortcuts() {
  onMount(() => document.addEventListener("keydown", onKeyDown));
  onCleanup(() => document.removeEventListener("keydown", onKeyDown));
  return (
    <Show when={open()}>
      <Dialog title={t("keys.title")} onClose={() => setOpen(false)}>
        <dl class="divide-base-300 grid divide-y text-sm">
          <Key name="/" does={t("keys.search")} />
          <Key name="?" does={t("keys.help")} />
          <Key name="Esc" does={t("keys.close")} />
        </dl>
        <label class="mt-4 flex items-center gap-3 text-sm">
          <input
            type="checkbox"
            class="toggle toggle-sm toggle-primary"
            checked={enabled()}
            onChange={(event) => {
              setEnabled(event.currentTarget.checked);
              remember("shortcuts", event.currentTarget.checked ? null : "off");
            }}
          />
          {t("keys.enabled")}
        </label>
        <div class="modal-action">
          <button type="button" class="btn btn-plain" onClick={() => setOpen(false)}>
            {t("common.close")}
          </button>
        </div>
      </Dialog>
    </Show>
  );
}

function Key(props: { name: string; does: string }) {
  return (
    <div class="flex items-center justify-between gap-4 py-2">
      <dt class="order-2">
        <kbd class="kbd kbd-sm">{props.name}</kbd>
      </dt>
      <dd>{props.does}</dd>
    </div>
  );
}
