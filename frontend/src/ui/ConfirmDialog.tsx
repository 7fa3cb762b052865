import { type JSX, Show } from "solid-js";
import { newIdempotencyKey } from "../api/mutations";
import { Dialog } from "./Dialog";
import { errorMessage } from "./states";

/**
 * Asks before a change. The idempotency key is made as the dialog opens and lives as long as it does, so every click
 * and every second try in it is the same change.
 */
export function ConfirmDialog(props: {
  title: string;
  confirm: string;
  cancel: string;
  danger?: boolean;
  busy: boolean;
  error: unknown;
  onConfirm: (key: string) => void;
  onClose: () => void;
  children: JSX.Element;
}) {
  const key = newIdempotencyKey();
  return (
    <Dialog title={props.title} onClose={() => props.onClose()}>
      <div class="grid gap-4">
        {props.children}
        <Show when={props.error}>
          {(error) => (
            <p role="alert" class="text-error text-sm">
              {errorMessage(error())}
            </p>
          )}
        </Show>
        <div class="mt-2 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <button type="button" class="btn btn-ghost" onClick={() => props.onClose()}>
            {props.cancel}
          </button>
          <button
            type="button"
            class={`btn ${props.danger ? "btn-error" : "btn-primary"}`}
            aria-busy={props.busy}
            disabled={props.busy}
            onClick={() => props.onConfirm(key)}
          >
            <Show when={props.busy}>
              <span class="loading loading-spinner loading-sm" aria-hidden="true" />
            </Show>
            {props.confirm}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
