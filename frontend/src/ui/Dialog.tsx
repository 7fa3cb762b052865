import { createUniqueId, type JSX, onCleanup, onMount } from "solid-js";

/**
 * A modal dialog, open for as long as it is in the page: put it in a `<Show>`. The browser traps the focus, closes on
 * Escape and gives the focus back to the opener.
 */
export function Dialog(props: { title: string; onClose: () => void; children: JSX.Element }) {
  const heading = createUniqueId();
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  onCleanup(() => dialog.close());
  return (
    <dialog
      ref={dialog}
      class="modal modal-bottom sm:modal-middle"
      aria-labelledby={heading}
      onClose={() => props.onClose()}
      onClick={(event) => {
        if (event.target === dialog) props.onClose();
      }}
    >
      <div class="modal-box">
        <h2 id={heading} class="mb-3 text-lg font-semibold">
          {props.title}
        </h2>
        {props.children}
      </div>
    </dialog>
  );
}
