import { createUniqueId, For, type JSX, Show } from "solid-js";
import type { InvoiceChoice } from "../../api/queries";
import { t } from "../../i18n";

export const KINDS = ["invoice", "credit_note"] as const;
type Changes = Pick<InvoiceChoice, "q" | "from" | "to" | "document_type">;

/** Words, kind and days of a list of documents; the address keeps them. */
export function Filters(props: { of: InvoiceChoice; onChange: (changes: Changes) => void }) {
  const narrowed = () =>
    [props.of.q, props.of.from, props.of.to, props.of.document_type].some((each) => each !== undefined);
  const empty = (value: string) => (value === "" ? undefined : value);
  return (
    <form
      role="search"
      class="mb-6 grid grid-cols-2 gap-3 sm:flex sm:flex-wrap sm:items-end"
      onSubmit={(event) => event.preventDefault()}
    >
      <Named label={t("documents.search")} class="col-span-2 min-w-48 flex-1">
        {(id) => (
          <input
            id={id}
            type="search"
            class="input input-sm w-full"
            maxlength="100"
            autocomplete="off"
            data-filter
            value={props.of.q ?? ""}
            onChange={(event) => props.onChange({ q: empty(event.currentTarget.value.trim()) })}
          />
        )}
      </Named>
      <Named label={t("documents.kind")} class="col-span-2">
        {(id) => (
          <select
            id={id}
            class="select select-sm w-full"
            value={props.of.document_type ?? ""}
            onChange={(event) =>
              props.onChange({ document_type: KINDS.find((kind) => kind === event.currentTarget.value) })
            }
          >
            <option value="">{t("common.all")}</option>
            <For each={KINDS}>
              {(kind) => (
                <option value={kind} selected={kind === props.of.document_type}>
                  {t(`documents.${kind}`)}
                </option>
              )}
            </For>
          </select>
        )}
      </Named>
      <Named label={t("documents.from")}>
        {(id) => (
          <input
            id={id}
            type="date"
            class="input input-sm w-full"
            max={props.of.to}
            value={props.of.from ?? ""}
            onChange={(event) => props.onChange({ from: empty(event.currentTarget.value) })}
          />
        )}
      </Named>
      <Named label={t("documents.to")}>
        {(id) => (
          <input
            id={id}
            type="date"
            class="input input-sm w-full"
            min={props.of.from}
            value={props.of.to ?? ""}
            onChange={(event) => props.onChange({ to: empty(event.currentTarget.value) })}
          />
        )}
      </Named>
      <Show when={narrowed()}>
        <button
          type="button"
          class="btn btn-ghost btn-sm"
          onClick={() =>
            props.onChange({ q: undefined, from: undefined, to: undefined, document_type: undefined })
          }
        >
          {t("documents.clear")}
        </button>
      </Show>
    </form>
  );
}

function Named(props: { label: string; class?: string; children: (id: string) => JSX.Element }) {
  const id = createUniqueId();
  return (
    <div class={`grid min-w-0 gap-1 ${props.class ?? ""}`}>
      <label for={id} class="text-muted text-xs">
        {props.label}
      </label>
      {props.children(id)}
    </div>
  );
}
