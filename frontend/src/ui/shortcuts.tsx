import { useNavigate } from "@solidjs/router";
import { createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { useCan } from "../features/session/useCan";
import { t } from "../i18n";
import { recall, remember } from "../lib/preferences";
import { Dialog } from "./Dialog";
import { later } from "./later";
import { type Place, PLACES } from "./places";

const Palette = later(() => import("./Palette"));

type Open = "keys" | "palette";

const [enabled, setEnabled] = createSignal(recall("shortcuts") !== "off");
const [open, setOpen] = createSignal<Open>();
export const showShortcuts = () => setOpen("keys");
export const showPalette = () => setOpen("palette");

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, select, textarea, [contenteditable], dialog") !== null
  );
}

/**
 * Ctrl K, and the single keys `/`, `?` and `g` with the letter of a page. People who speak to their computer may turn
 * the single ones off: a spoken word is a row of them.
 */
export function Shortcuts() {
  const can = useCan();
  const navigate = useNavigate();
  const places = () => PLACES.filter((place) => !place.scope || can(place.scope));
  let going = false;

  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault(); // Of the browser's own search.
      if (!document.querySelector("dialog[open]")) setOpen("palette");
      return;
    }
    if (!enabled() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Shift") return;
    const gone = going ? places().find((place) => place.key === event.key) : undefined;
    going = event.key === "g" && !going;
    if (gone) {
      event.preventDefault();
      navigate(gone.href);
    } else if (event.key === "/") {
      const filter = document.querySelector<HTMLElement>("[data-filter]");
      if (!filter) return;
      event.preventDefault();
      filter.focus();
    } else if (event.key === "?") {
      event.preventDefault();
      setOpen("keys");
    }
  };

  onMount(() => document.addEventListener("keydown", onKeyDown));
  onCleanup(() => document.removeEventListener("keydown", onKeyDown));
  return (
    <>
      <Show when={open() === "palette"}>
        <Palette places={places()} onClose={() => setOpen(undefined)} />
      </Show>
      <Show when={open() === "keys"}>
        <Keys places={places()} onClose={() => setOpen(undefined)} />
      </Show>
    </>
  );
}

function Keys(props: { places: readonly Place[]; onClose: () => void }) {
  return (
    <Dialog title={t("keys.title")} onClose={() => props.onClose()}>
      <dl class="divide-base-300 grid divide-y text-sm">
        <Key names={["Ctrl", "K"]} does={t("keys.palette")} />
        <Key names={["/"]} does={t("keys.search")} />
        <Key names={["?"]} does={t("keys.help")} />
        <Key names={["Esc"]} does={t("keys.close")} />
        <For each={props.places}>
          {(place) => (
            <Key names={["g", place.key]} does={t("keys.goTo", { place: t(`nav.${place.name}`) })} />
          )}
        </For>
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
        <button type="button" class="btn btn-plain" onClick={() => props.onClose()}>
          {t("common.close")}
        </button>
      </div>
    </Dialog>
  );
}

function Key(props: { names: readonly string[]; does: string }) {
  return (
    <div class="flex items-center justify-between gap-4 py-1.5">
      <dt class="order-2 flex gap-1">
        <For each={props.names}>{(name) => <kbd class="kbd kbd-sm">{name}</kbd>}</For>
      </dt>
      <dd>{props.does}</dd>
    </div>
  );
}
