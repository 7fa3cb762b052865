import { type Accessor, createMemo, createSignal, onCleanup, onMount } from "solid-js";

type Options = readonly (readonly [value: string, label: string])[];

/**
 * The options of a select that has hundreds: the chosen one alone until the page has been drawn, then all of them. A
 * slow telephone takes half a second to make them, and nobody has opened the list by then.
 */
export function useManyOptions(chosen: () => Options, all: () => Options): Accessor<Options> {
  const [drawn, setDrawn] = createSignal(false);
  onMount(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        timer = setTimeout(() => setDrawn(true));
      });
    });
    onCleanup(() => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    });
  });
  const options = createMemo(() => (drawn() ? all() : chosen()));
  return options;
}
