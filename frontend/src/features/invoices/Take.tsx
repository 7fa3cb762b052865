import { createSignal, For, Show } from "solid-js";
import { ApiError } from "../../api/errors";
import { downloadDocuments, FORMAT_NAMES, type InvoiceFile } from "../../api/files";
import type { InvoiceChoice } from "../../api/queries";
import { t, tn } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { errorMessage } from "../../ui/states";

type File = "csv" | InvoiceFile;
const FILES: readonly File[] = ["pdf", "csv", "ubl", "xrechnung", "cii", "zugferd", "facturx"];

/** Takes everything that a list of documents finds: the files in a zip, or a table of them. */
export function Take(props: { of: InvoiceChoice; count: number }) {
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="btn btn-plain btn-sm" onClick={() => setOpen(true)}>
        <Icon name="download" class="size-4" />
        {t("documents.take")}
      </button>
      <Show when={open()}>
        <Files of={props.of} count={props.count} onClose={() => setOpen(false)} />
      </Show>
    </>
  );
}

function Files(props: { of: InvoiceChoice; count: number; onClose: () => void }) {
  const [file, setFile] = createSignal<File>("pdf");
  const [busy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<unknown>();
  const take = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    setError(undefined);
    try {
      await downloadDocuments(props.of, file());
    } catch (problem) {
      setError(problem); // The dialog stays open and says why.
      return;
    } finally {
      setBusy(false);
    }
    props.onClose();
  };
  const waits = () => {
    const problem = error();
    return problem instanceof ApiError && problem.notReady;
  };
  return (
    <Dialog title={t("documents.take")} onClose={() => props.onClose()}>
      <form class="grid gap-4" onSubmit={(event) => void take(event)}>
        <fieldset class="grid gap-1">
          <legend class="mb-2">{t("documents.takeText", { n: tn("invoices.count", props.count) })}</legend>
          <For each={FILES}>
            {(each) => (
              <label class="flex min-h-8 items-center gap-3">
                <input
                  type="radio"
                  name="file"
                  class="radio radio-sm radio-primary"
                  checked={each === file()}
                  onChange={() => setFile(each)}
                />
                {named(each)}
              </label>
            )}
          </For>
        </fieldset>
        <Show when={error()}>
          {(problem) => (
            <p role="alert" class={waits() ? "text-sm" : "text-error text-sm"}>
              {errorMessage(problem())}
            </p>
          )}
        </Show>
        <div class="mt-2 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <button type="button" class="btn btn-ghost" onClick={() => props.onClose()}>
            {t("common.close")}
          </button>
          <button type="submit" class="btn btn-primary" aria-busy={busy()} disabled={busy()}>
            <Show when={busy()}>
              <span class="loading loading-spinner loading-sm" aria-hidden="true" />
            </Show>
            {t("documents.take")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function named(file: File): string {
  if (file === "pdf") return t("documents.zip");
  return file === "csv" ? t("documents.table") : t("documents.zipOf", { format: FORMAT_NAMES[file] });
}
