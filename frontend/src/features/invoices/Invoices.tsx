import { A, useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { type InvoiceChoice, type InvoiceStatus, q, useQuery } from "../../api/queries";
import { t, tn } from "../../i18n";
import { fmt } from "../../i18n/format";
import { type Column, DataTable } from "../../ui/DataTable";
import { PageHead } from "../../ui/layout";
import { Pagination } from "../../ui/Pagination";
import { oneOf, pageNumber } from "../../ui/params";
import { Badge, StatusBadge } from "../../ui/StatusBadge";
import { StatusFilter } from "../../ui/StatusFilter";
import { Async, EmptyState } from "../../ui/states";
import { When } from "../../ui/When";
import { Credits } from "../credits/Credits";
import { Receivables } from "../credits/Receivables";
import { ExpiringMethods } from "../payments/ExpiringMethods";
import { Pay } from "../payments/Pay";
import { PayOpen } from "../payments/PayOpen";
import { DownloadButton } from "./DownloadButton";
import { Filters, KINDS } from "./Filters";
import { Statement } from "./Statement";
import { Take } from "./Take";

const STATUSES = [
  "finalized",
  "sent",
  "past_due",
  "paid",
  "void",
] as const satisfies readonly InvoiceStatus[];

const COLUMNS: readonly Column<Schemas["InvoiceSummary"]>[] = [
  {
    id: "number",
    header: () => t("invoices.number"),
    heads: true,
    cell: (invoice) => (
      <span class="flex flex-wrap items-center gap-2">
        <A href={`/billing/invoices/${invoice.id}`} class="row-link font-medium whitespace-nowrap">
          {invoice.number}
        </A>
        <Show when={invoice.document_type === "credit_note"}>
          <Badge tone="quiet">{t("invoices.creditNote")}</Badge>
        </Show>
      </span>
    ),
  },
  {
    id: "date",
    header: () => t("invoices.date"),
    cell: (invoice) => <Show when={invoice.issue_date}>{(date) => <When at={date()} />}</Show>,
  },
  {
    id: "due",
    header: () => t("invoices.due"),
    cell: (invoice) => (
      <Show when={invoice.amount_due_cents > 0 && invoice.due_date}>{(date) => <When at={date()} />}</Show>
    ),
  },
  {
    id: "status",
    header: () => t("common.status"),
    cell: (invoice) => <StatusBadge status={invoice.status} />,
  },
  {
    id: "amount",
    header: () => t("invoices.amount"),
    align: "end",
    cell: (invoice) => fmt.money(invoice.total_cents, invoice.currency),
  },
  {
    id: "open",
    header: () => t("invoices.open"),
    align: "end",
    cell: (invoice) => (
      <Show when={invoice.amount_due_cents !== 0}>
        <span class="inline-flex flex-wrap items-center justify-end gap-2">
          {fmt.money(invoice.amount_due_cents, invoice.currency)}
          <Pay of={invoice} inList />
        </span>
      </Show>
    ),
  },
  {
    id: "files",
    header: () => t("invoices.files"),
    align: "end",
    cell: (invoice) => (
      <DownloadButton
        of={invoice}
        file="pdf"
        class="btn btn-ghost btn-xs relative z-10"
        name={t("invoices.pdfOf", { number: invoice.number ?? "" })}
      >
        PDF
      </DownloadButton>
    ),
  },
];

interface Address {
  [name: string]: string | undefined;
  status?: string;
  page?: string;
  q?: string;
  from?: string;
  to?: string;
  kind?: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const day = (text: string | undefined) => (text !== undefined && DAY.test(text) ? text : undefined);

export default function Invoices() {
  const [params, setParams] = useSearchParams<Address>();
  const choice = (): InvoiceChoice => ({
    status: oneOf(STATUSES, params.status),
    document_type: oneOf(KINDS, params.kind),
    from: day(params.from),
    to: day(params.to),
    q: params.q || undefined,
  });
  const list = useQuery(() => q.invoices({ ...choice(), page: pageNumber(params.page) }));
  // The address calls the kind by its short name.
  const change = (changes: InvoiceChoice) => {
    const { document_type: kind, ...others } = changes;
    setParams({ ...others, ...("document_type" in changes ? { kind } : {}), page: undefined });
  };
  const clear = () =>
    setParams({
      status: undefined,
      kind: undefined,
      from: undefined,
      to: undefined,
      q: undefined,
      page: undefined,
    });
  const filtered = () => Object.values(choice()).some((each) => each !== undefined);
  return (
    <>
      <PageHead title={t("invoices.title")}>
        <StatusFilter statuses={STATUSES} value={choice().status} onChange={(status) => change({ status })} />
        <Statement />
        <Take of={choice()} count={list.data?.pagination.total ?? 0} />
        <PayOpen />
      </PageHead>
      <Filters of={choice()} onChange={change} />
      <section class="panel" aria-label={t("invoices.title")}>
        <Async query={list} lines={10}>
          {(page) => (
            <Show
              when={page().pagination.total > 0}
              fallback={<Nothing filtered={filtered()} clear={clear} />}
            >
              <DataTable caption={t("invoices.title")} columns={COLUMNS} rows={page().data} />
              <Pagination
                pagination={page().pagination}
                count={tn("invoices.count", page().pagination.total)}
                onPage={(next) => setParams({ page: next === 1 ? undefined : String(next) })}
              />
            </Show>
          )}
        </Async>
      </section>
      {/* Below the list: what arrives later moves nothing that is being read. */}
      <div class="mt-6">
        <ExpiringMethods />
        <Receivables />
        <Credits />
      </div>
    </>
  );
}

function Nothing(props: { filtered: boolean; clear: () => void }) {
  return (
    <Show
      when={props.filtered}
      fallback={<EmptyState icon="invoices" title={t("invoices.empty")} text={t("invoices.emptyText")} />}
    >
      <EmptyState title={t("invoices.noMatch")} text={t("invoices.noMatchText")}>
        <button type="button" class="btn btn-plain btn-sm" onClick={() => props.clear()}>
          {t("common.clearFilter")}
        </button>
      </EmptyState>
    </Show>
  );
}
