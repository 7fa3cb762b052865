import { createSignal, type JSX, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { ApiError } from "../../api/errors";
import { downloadInvoice, type InvoiceFile } from "../../api/files";
import { Icon } from "../../ui/Icon";
import { errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";

/** Downloads one file of an invoice; says in a toast when it is not ready, or why it cannot be had. */
export function DownloadButton(props: {
  of: Pick<Schemas["InvoiceSummary"], "id" | "number">;
  file: InvoiceFile;
  class: string;
  name?: string;
  children: JSX.Element;
}) {
  const [busy, setBusy] = createSignal(false);
  const download = async () => {
    setBusy(true);
    try {
      await downloadInvoice(props.of, props.file);
    } catch (error) {
      toast(error instanceof ApiError && error.notReady ? "info" : "error", errorMessage(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type="button"
      class={props.class}
      aria-label={props.name}
      aria-busy={busy()}
      disabled={busy()}
      onClick={() => void download()}
    >
      <Show when={busy()} fallback={<Icon name="download" class="size-4" />}>
        <span class="loading loading-spinner size-4" aria-hidden="true" />
      </Show>
      {props.children}
    </button>
  );
}
