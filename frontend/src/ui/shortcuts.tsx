import { useNavigate } from "@solidjs/router";
import { createSignal, onCleanup, onMount, Show } from "solid-js";
import { useCan } from "../features/session/useCan";
import { recall, remember } from "../lib/preferences";
import { later } from "./later";
import { PLACES } from "./places";

const Palette = later(() => import("./Palette"));
const Keys = later(() => import("./Keys"));

type Open = "keys" | "palette";

const [enabled, setEnabled] = createSignal(recall("shortcuts") !== "off");
const enable = (on: boolean) => {
  setEnabled(on);
  remember("shortcuts", on ? null : "off");
};
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
        <Keys places={places()} enabled={enabled()} onEnable={enable} onClose={() => setOpen(undefined)} />
      </Show>
    </>
  );
}
