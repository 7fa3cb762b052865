import { A } from "@solidjs/router";
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card, Notice, PageHead } from "../../ui/layout";
import { Async, EmptyState } from "../../ui/states";
import { StatusBadge } from "../../ui/StatusBadge";
import { When } from "../../ui/When";
import { Offers } from "../catalog/Offers";
import { PayOpen } from "../payments/PayOpen";
import { useCan } from "../session/useCan";
import { Price } from "../subscriptions/Price";
import { nextStep } from "../subscriptions/nextStep";
import { Upcoming } from "./Upcoming";

type Overview = Schemas["OverviewOut"];

const SHOWN = 5;

/**
 * The first page shows itself all at once: what arrives later would else push away what is read already. The next
 * invoice, which takes longest to work out, stands last.
 */
export default function Dashboard() {
  const me = useQuery(() => q.me());
  const can = useCan();
  const seesMoney = () => can("billing:read");
  const seesServices = () => can("subscriptions:read");
  const profile = useQuery(() => ({ ...q.billingProfile(), enabled: seesMoney() }));
  const overview = useQuery(() => ({ ...q.overview(), enabled: seesMoney() }));
  const invoices = useQuery(() => ({ ...q.invoices({ page_size: SHOWN }), enabled: seesMoney() }));
  const subscriptions = useQuery(() => ({
    ...q.subscriptions({ page_size: SHOWN }),
    enabled: seesServices(),
  }));
  const pending = () =>
    me.isPending ||
    (seesMoney() && [profile, overview, invoices].some((query) => query.isPending)) ||
    (seesServices() && subscriptions.isPending);
  // Once it is there it stays: what could not be had is asked for again in its own place.
  const isShown = createMemo<boolean>((was) => was || !pending(), false);
  return (
    <>
      <PageHead title={t("overview.title")} />
      <Show
        when={isShown()}
        fallback={<Waiting figures={seesMoney()} lists={Number(seesMoney()) + Number(seesServices())} />}
      >
        <div class="grid gap-6">
          <Show when={seesMoney()}>
            <Show when={profile.data === null}>
              <MissingProfile />
            </Show>
            <Billing />
          </Show>
          <Show when={can("services:read") && !seesMoney() && !seesServices()}>
            <p class="text-muted max-w-2xl">{t("overview.viewerText")}</p>
            <Offers />
          </Show>
          <div class="grid items-start gap-6 xl:grid-cols-2">
            <Show when={seesServices()}>
              <Subscriptions />
            </Show>
            <Show when={seesMoney()}>
              <LatestInvoices />
            </Show>
          </div>
          {/* What was used is a part of it. */}
          <Show when={seesMoney() && seesServices()}>
            <Upcoming />
          </Show>
        </div>
      </Show>
    </>
  );
}

/** Grey shapes of the final size. */
function Waiting(props: { figures: boolean; lists: number }) {
  const shape = (height: string) => <div class={`panel skeleton ${height}`} aria-hidden="true" />;
  return (
    <div role="status" aria-busy="true" class="grid gap-6">
      <span class="sr-only">{t("state.loading")}</span>
      <Show when={props.figures}>
        {shape("h-20")}
        <div class="grid gap-3 sm:grid-cols-2 sm:gap-4 lg:grid-cols-3">
          {shape("h-32")}
          {shape("h-32")}
          {shape("h-32")}
        </div>
      </Show>
      <div class="grid items-start gap-6 xl:grid-cols-2">
        <For each={Array.from({ length: props.lists })}>{() => shape("h-96")}</For>
      </div>
    </div>
  );
}

/** Nothing can be bought without billing details, so their absence is said first. */
function MissingProfile() {
  const can = useCan();
  return (
    <Notice tone="warn">
      <div>
        <p class="font-semibold">{t("overview.noProfile")}</p>
        <p class="text-sm">{t("overview.noProfileText")}</p>
      </div>
      <Show when={can("billing:manage")}>
        <A href="/settings/billing-profile" class="btn btn-plain btn-sm">
          {t("overview.addProfile")}
        </A>
      </Show>
    </Notice>
  );
}

function Billing() {
  const overview = useQuery(() => q.overview());
  return (
    <Async query={overview} lines={6} frame={(state) => <div class="panel">{state}</div>}>
      {(data) => (
        <div class="grid gap-6">
          <Standing overview={data()} />
          <Figures overview={data()} />
        </div>
      )}
    </Async>
  );
}

/** One suspended service makes the standing `suspended`; whether money is the reason, the overdue amount tells. */
function Standing(props: { overview: Overview }) {
  const overdue = () => props.overview.overdue_cents > 0;
  const text = () => {
    const { standing } = props.overview;
    if (standing === "suspended" && !overdue()) return t("overview.suspendedOtherwise");
    return t(`overview.${standing}Text`, { amount: amount(props.overview, props.overview.overdue_cents) });
  };
  return (
    <Notice tone={props.overview.standing === "good" ? "good" : "bad"}>
      <div>
        <p class="font-semibold">{t(`overview.${props.overview.standing}`)}</p>
        <p class="text-sm">{text()}</p>
      </div>
      <Show when={props.overview.standing === "suspended"}>
        <A href="/subscriptions?status=suspended" class="btn btn-plain btn-sm">
          {t("overview.seeSuspended")}
        </A>
      </Show>
      <Show when={overdue()}>
        <A href="/billing/invoices?status=past_due" class="btn btn-plain btn-sm">
          {t("overview.seeOverdue")}
        </A>
      </Show>
    </Notice>
  );
}

function Figures(props: { overview: Overview }) {
  const can = useCan();
  const o = () => props.overview;
  return (
    <dl class="grid gap-3 sm:grid-cols-2 sm:gap-4 lg:grid-cols-[repeat(auto-fit,minmax(13rem,1fr))]">
      <Figure
        label={t("overview.open")}
        value={amount(o(), o().open_cents)}
        note={
          o().open_cents === 0
            ? t("overview.nothingOpen")
            : o().overdue_cents > 0
              ? t("overview.ofWhichOverdue", { amount: amount(o(), o().overdue_cents) })
              : t("overview.notOverdue")
        }
        bad={o().overdue_cents > 0}
      >
        <Show when={o().open_cents > 0 && can("billing:manage")}>
          <dd class="mt-2 flex min-h-8 flex-wrap gap-2">
            <PayOpen />
          </dd>
        </Show>
      </Figure>
      <Show
        when={o().next_invoice_date}
        fallback={<Figure label={t("overview.nextInvoice")} value="–" note={t("overview.noNextInvoice")} />}
      >
        {(date) => (
          <Figure
            label={t("overview.nextInvoice")}
            value={amount(o(), o().next_invoice_cents)}
            note={
              o().next_credit_cents > 0
                ? t("overview.onDayWithCredit", {
                    date: fmt.sellerDay(date()),
                    amount: amount(o(), o().next_credit_cents),
                  })
                : t("overview.onDay", { date: fmt.sellerDay(date()) })
            }
          />
        )}
      </Show>
      <Figure
        label={t("overview.monthly")}
        value={amount(o(), o().mrr_amount_cents)}
        note={t("overview.perMonth")}
      />
      <Show when={o().credit_cents > 0}>
        <Figure
          label={t("overview.credit")}
          value={amount(o(), o().credit_cents)}
          note={t("overview.creditText")}
        />
      </Show>
    </dl>
  );
}

function Figure(props: {
  label: string;
  value: string;
  note: string;
  bad?: boolean;
  children?: JSX.Element;
}) {
  return (
    <div class="panel flex flex-col gap-1 p-4 sm:p-5">
      <dt class="text-muted text-sm">{props.label}</dt>
      <dd class="text-2xl font-semibold tracking-tight">{props.value}</dd>
      <dd class={`text-sm ${props.bad ? "text-error font-medium" : "text-muted"}`}>{props.note}</dd>
      {props.children}
    </div>
  );
}

function Subscriptions() {
  const list = useQuery(() => q.subscriptions({ page_size: SHOWN }));
  return (
    <Card title={t("overview.subscriptions")} action={<ShowAll href="/subscriptions" />}>
      <Async query={list} lines={2 * SHOWN}>
        {(page) => (
          <Rows
            rows={page().data}
            empty={
              <EmptyState
                icon="subscriptions"
                title={t("subscriptions.empty")}
                text={t("subscriptions.emptyText")}
              />
            }
          >
            {(subscription) => (
              <A href={`/subscriptions/${subscription.id}`} class="row-card">
                <span class="min-w-0">
                  <span class="block truncate font-medium">{subscription.service_name}</span>
                  <span class="text-muted block text-sm">
                    {[subscription.plan_name, nextStep(subscription)].filter(Boolean).join(" · ")}
                  </span>
                </span>
                <span class="flex flex-col items-end gap-1 text-sm">
                  <StatusBadge status={subscription.status} />
                  <Price of={subscription} />
                </span>
              </A>
            )}
          </Rows>
        )}
      </Async>
    </Card>
  );
}

function LatestInvoices() {
  const list = useQuery(() => q.invoices({ page_size: SHOWN }));
  return (
    <Card title={t("overview.invoices")} action={<ShowAll href="/billing/invoices" />}>
      <Async query={list} lines={2 * SHOWN}>
        {(page) => (
          <Rows
            rows={page().data}
            empty={<EmptyState icon="invoices" title={t("invoices.empty")} text={t("invoices.emptyText")} />}
          >
            {(invoice) => (
              <A href={`/billing/invoices/${invoice.id}`} class="row-card">
                <span class="min-w-0">
                  <span class="block truncate font-medium">{invoice.number}</span>
                  <span class="text-muted block text-sm">
                    <Show when={invoice.issue_date}>{(date) => <When at={date()} />}</Show>
                  </span>
                </span>
                <span class="flex flex-col items-end gap-1 text-sm">
                  <StatusBadge status={invoice.status} />
                  {fmt.money(invoice.total_cents, invoice.currency)}
                </span>
              </A>
            )}
          </Rows>
        )}
      </Async>
    </Card>
  );
}

function Rows<Row>(props: { rows: readonly Row[]; empty: JSX.Element; children: (row: Row) => JSX.Element }) {
  return (
    <Show when={props.rows.length > 0} fallback={props.empty}>
      <ul class="divide-base-300 divide-y">
        <For each={props.rows}>{(row) => <li>{props.children(row)}</li>}</For>
      </ul>
    </Show>
  );
}

const ShowAll = (props: { href: string }) => (
  <A href={props.href} class="link link-hover text-primary text-sm font-medium">
    {t("common.showAll")}
  </A>
);

/** A tenant that never bought has no currency yet, and nothing but zeros to show. */
function amount(overview: Overview, cents: number): string {
  return overview.currency ? fmt.money(cents, overview.currency) : "–";
}
