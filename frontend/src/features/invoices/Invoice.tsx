import { A, useParams } from "@solidjs/router";
import { For, Match, Show, Switch } from "solid-js";
import type { Schemas } from "../../api/client";
import { FORMAT_NAMES } from "../../api/files";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card, DayFact, Fact, Notice, PageHead } from "../../ui/layout";
import { Async } from "../../ui/states";
import { StatusBadge } from "../../ui/StatusBadge";
import { ApplyCredit } from "../credits/ApplyCredit";
import { Awaited } from "../payments/Awaited";
import { Pay } from "../payments/Pay";
import { Transfer } from "../payments/Transfer";
import { DownloadButton } from "./DownloadButton";
import { Explained } from "./Explained";
import { Lines } from "./Lines";
import { Links } from "./Links";
import { buyer, type Party, seller } from "./parties";
import { Payments } from "./Payments";
import { Totals } from "./Totals";

type Detail = Schemas["OwnInvoiceOut"];
const MORE_FORMATS = ["xrechnung", "cii", "zugferd", "facturx"] as const;

export default function Invoice() {
  const params = useParams<{ id: string }>();
  const query = useQuery(() => q.invoice(params.id));
  const back = () => ({ href: "/billing/invoices", place: t("nav.invoices") });
  const title = (of: Detail) =>
    t(of.document_type === "credit_note" ? "invoice.creditNote" : "invoice.invoice", {
      number: of.number ?? "",
    });
  return (
    <Async
      query={query}
      lines={12}
      frame={(state) => (
        <>
          <PageHead title={t("invoices.title")} back={back()} />
          <div class="panel">{state}</div>
        </>
      )}
    >
      {(data) => (
        <>
          <PageHead
            title={title(data())}
            tab={data().number ?? title(data())}
            back={back()}
            badge={<StatusBadge status={data().status} />}
          >
            <Pay of={data()} />
          </PageHead>
          <div class="grid items-start gap-6 lg:grid-cols-3">
            <div class="grid min-w-0 gap-6 lg:col-span-2">
              <Awaited of={data()} />
              <Situation of={data()} />
              <ApplyCredit of={data()} />
              <Document of={data()} />
            </div>
            <div class="grid gap-6">
              <Show when={data().transfer}>{(transfer) => <Transfer of={transfer()} />}</Show>
              <Files of={data()} />
              <Show when={data().document_type === "invoice"}>
                <Payments of={data()} />
              </Show>
              <Links of={data().id} />
            </div>
          </div>
        </>
      )}
    </Async>
  );
}

function Situation(props: { of: Detail }) {
  return (
    <Switch>
      <Match when={props.of.status === "void"}>
        <Notice tone="info">
          <p>
            {t("invoice.voided")} {props.of.void_reason}
          </p>
        </Notice>
      </Match>
      <Match when={props.of.corrects}>
        {(invoice) => (
          <Notice tone="info">
            <p>{props.of.credit_reason}</p>
            <A href={`/billing/invoices/${invoice().id}`} class="link">
              {t("documents.corrects", { number: invoice().number ?? "" })}
            </A>
          </Notice>
        )}
      </Match>
    </Switch>
  );
}

function Document(props: { of: Detail }) {
  const span = () => {
    const { period_start: start, period_end: end } = props.of;
    return start && end ? fmt.period(start, end) : null;
  };
  return (
    <section class="panel" aria-label={props.of.number ?? ""}>
      <div class="grid gap-6 p-5 text-sm sm:grid-cols-3">
        <Address label={t("invoice.from")} of={seller(props.of.seller_snapshot)} />
        <Address label={t("invoice.to")} of={buyer(props.of.buyer_snapshot)} />
        <dl class="divide-base-300 divide-y sm:-mt-2.5">
          <DayFact label={t("invoice.issued")} at={props.of.issue_date} />
          <DayFact label={t("invoice.due")} at={props.of.due_date} />
          <Fact label={t("invoice.period")}>{span()}</Fact>
          <Fact label={t("invoice.yourReference")}>{props.of.buyer_reference}</Fact>
          <Fact label={t("invoice.order")}>{props.of.purchase_order_ref}</Fact>
          <Show when={props.of.credit_notes.length > 0}>
            <Fact label={t("documents.correctedBy")}>
              <For each={props.of.credit_notes}>
                {(note) => (
                  <A href={`/billing/invoices/${note.id}`} class="link block whitespace-nowrap">
                    {note.number} · {fmt.money(note.total_cents, props.of.currency)}
                  </A>
                )}
              </For>
            </Fact>
          </Show>
        </dl>
      </div>
      <Lines of={props.of} />
      <Totals of={props.of} />
      <Explained of={props.of} />
      <Show when={props.of.legal_note || props.of.notes}>
        <div class="border-base-300 text-muted grid gap-2 border-t p-5 text-sm">
          <Show when={props.of.legal_note}>
            <p>{props.of.legal_note}</p>
          </Show>
          <Show when={props.of.notes}>
            <p class="whitespace-pre-line">{props.of.notes}</p>
          </Show>
        </div>
      </Show>
    </section>
  );
}

function Address(props: { label: string; of: Party | null }) {
  return (
    <Show when={props.of}>
      {(party) => (
        <div class="min-w-0">
          <h2 class="text-muted mb-1">{props.label}</h2>
          <address class="grid break-words not-italic">
            <strong class="font-semibold">{party().name}</strong>
            <For each={party().address}>{(line) => <span>{line}</span>}</For>
            <Show when={party().country}>{(code) => <span>{fmt.country(code())}</span>}</Show>
            <Show when={party().vatNumber}>
              {(number) => <span class="mt-1">{t("invoice.vatNumber", { number: number() })}</span>}
            </Show>
          </address>
        </div>
      )}
    </Show>
  );
}

function Files(props: { of: Detail }) {
  return (
    <Card title={t("invoice.download")}>
      <Show
        when={props.of.pdf_url}
        fallback={
          <div class="flex items-start gap-3 p-5" role="status">
            <span class="loading loading-spinner text-primary" aria-hidden="true" />
            <div>
              <p class="font-medium">{t("invoice.preparing")}</p>
              <p class="text-muted text-sm">{t("invoice.preparingText")}</p>
            </div>
          </div>
        }
      >
        <div class="grid gap-2 p-5">
          <DownloadButton of={props.of} file="pdf" class="btn btn-primary">
            {t("invoice.pdf")}
          </DownloadButton>
          <DownloadButton of={props.of} file="ubl" class="btn btn-plain">
            {t("invoice.ubl")}
          </DownloadButton>
          <details>
            <summary class="link link-hover w-fit py-1 text-sm">{t("documents.more")}</summary>
            <div class="mt-2 grid gap-2">
              <For each={MORE_FORMATS}>
                {(format) => (
                  <DownloadButton of={props.of} file={format} class="btn btn-plain btn-sm">
                    {FORMAT_NAMES[format]}
                  </DownloadButton>
                )}
              </For>
            </div>
          </details>
        </div>
      </Show>
    </Card>
  );
}
