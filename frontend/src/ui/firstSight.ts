import { useIsFetching } from "@tanstack/solid-query";
import { type Accessor, createEffect, createSignal, onCleanup, onMount } from "solid-js";

const PATIENCE = 3_000;

/**
 * Whether the page that was opened is still arriving. It is shown once, with its first data, so that nothing moves under
 * the reader; what takes longer than three seconds is shown as it stands, with its skeletons.
 */
export function useArriving(page: () => HTMLElement): Accessor<boolean> {
  const [arriving, setArriving] = createSignal(true);
  const fetching = useIsFetching();

  onMount(() => {
    const look = () => {
      const idle = fetching() === 0;
      const whole = page().querySelector("h1") !== null && page().querySelector(".skeleton") === null;
      if (idle && whole) end();
    };
    const end = () => {
      observer.disconnect();
      clearTimeout(timer);
      setArriving(false);
    };
    const observer = new MutationObserver(look);
    const timer = setTimeout(end, PATIENCE);
    observer.observe(page(), { childList: true, subtree: true });
    createEffect(look);
    onCleanup(end);
  });
  return arriving;
}
