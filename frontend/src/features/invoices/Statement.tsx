import { createSignal, createUniqueId, Show } from "solid-js";
import { downloadStatement } from "../../api/files";
import { t } from "../../i18n";
import { today } from "../../lib/dates";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { errorMessage } from "../../ui/states";

/** Opens the choice of days; the PDF is made by the server and the browser keeps it. */
export function Statement() {
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="btn btn-plain btn-sm" onClick={() => setOpen(true)}>
        <Icon name="download" class="size-4" />
        {t("statement.title")}
      </button>
      <Show when={open()}>
        <Days onClose={() => setOpen(false)} />
      </Show>
    </>
  );
}

function Days(props: { onClose: () => void }) {
  const now = today(Date.now());
  const [from, setFrom] = createSignal(`${now.slice(0, 4)}-01-01`);
  const [to, setTo] = createSignal(now);
  const [busy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<unknown>();

  const year = Number(now.slice(0, 4));
  const choose = (first: string, last: string) => {
    setFrom(first);
    setTo(last);
  };

  const download = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy()) return;
    const wanted = event.submitter?.getAttribute("value") === "csv" ? "csv" : "pdf";
    setBusy(true);
    setError(undefined);
    try {
      await downloadStatement(from(), to(), wanted);
    } catch (problem) {
      setError(problem); // The dialog stays open and says why.
      return;
    } finally {
      setBusy(false);
    }
    props.onClose();
  };

  return (
    <Dialog title={t("statement.title")} onClose={() => props.onClose()}>
      <form class="grid gap-4" onSubmit={(event) => void download(event)}>
        <p>{t("statement.text")}</p>
        <div class="flex flex-wrap gap-2">
          <button type="button" class="btn btn-plain btn-xs" onClick={() => choose(`${year}-01-01`, now)}>
            {t("documents.thisYear")}
          </button>
          <button
            type="button"
            class="btn btn-plain btn-xs"
            onClick={() => choose(`${year - 1}-01-01`, `${year - 1}-12-31`)}
          >
            {t("documents.lastYear")}
          </button>
        </div>
        <div class="grid gap-4 sm:grid-cols-2">
          <Day label={t("statement.from")} value={from()} onInput={setFrom} />
          <Day label={t("statement.to")} value={to()} min={from()} onInput={setTo} />
        </div>
        <Show when={error()}>
          {(problem) => (
            <p role="alert" class="text-error text-sm">
              {errorMessage(problem())}
            </p>
          )}
        </Show>
        <div class="mt-2 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <button type="button" class="btn btn-ghost" onClick={() => props.onClose()}>
            {t("common.close")}
          </button>
          <button type="submit" value="csv" class="btn btn-plain" disabled={busy()}>
            {t("documents.table")}
          </button>
          <button type="submit" value="pdf" class="btn btn-primary" aria-busy={busy()} disabled={busy()}>
            <Show when={busy()}>
              <span class="loading loading-spinner loading-sm" aria-hidden="true" />
            </Show>
            {t("statement.download")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Day(props: { label: string; value: string; min?: string; onInput: (day: string) => void }) {
  const field = createUniqueId();
  return (
    <div class="grid gap-1">
      <label for={field} class="text-sm">
        {props.label}
      </label>
      <input
        id={field}
        type="date"
        class="input w-full"
        required
        min={props.min}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </div>
  );
}
