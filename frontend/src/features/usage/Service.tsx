import { useParams, useSearchParams } from "@solidjs/router";
import { createUniqueId, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { save } from "../../api/files";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { csv } from "../../lib/csv";
import { Icon } from "../../ui/Icon";
import { Card, Fact, PageHead } from "../../ui/layout";
import { Async, EmptyState } from "../../ui/states";
import { Budget } from "./Budget";
import { DayBars } from "./DayBars";
import { Meter } from "./Meter";
import { table } from "./table";

type Use = Schemas["MetricDetailOut"];

/** One service in one period: its days, its price as the invoice will have it, and what it is likely to come to. */
export default function Service() {
  const params = useParams<{ slug: string }>();
  const [search, setSearch] = useSearchParams<{ period?: string }>();
  const periods = useQuery(() => q.usePeriods(params.slug));
  const uses = useQuery(() => q.serviceUsage(params.slug, search.period));
  useQuery(() => q.budget(params.slug)); // asked at once, shown beside the uses
  const title = () => uses.data?.[0]?.service_name ?? t("usage.title");
  const isCurrent = () => !search.period || search.period === periods.data?.[0]?.start;
  const download = (shown: readonly Use[]) =>
    save(
      new Blob([csv(table(shown))], { type: "text/csv" }),
      `${params.slug}-${shown[0]?.period_start?.slice(0, 10) ?? ""}.csv`,
    );
  return (
    <>
      <PageHead title={title()} back={{ href: "/usage", place: t("nav.usage") }}>
        <Picker
          periods={periods.data ?? []}
          chosen={search.period}
          onChoose={(start) => setSearch({ period: start })}
        />
        <button
          type="button"
          class="btn btn-plain btn-sm"
          disabled={!uses.data?.length}
          onClick={() => download(uses.data ?? [])}
        >
          <Icon name="download" class="size-4" />
          CSV
        </button>
      </PageHead>
      <Async query={uses} lines={16} frame={(state) => <div class="panel min-h-[40rem]">{state}</div>}>
        {(shown) => (
          <Show
            when={shown().length > 0}
            fallback={
              <div class="panel">
                <EmptyState icon="usage" title={t("usage.never")} text={t("usage.emptyText")} />
              </div>
            }
          >
            <div class="grid items-start gap-6 lg:grid-cols-3">
              <div class="grid min-w-0 gap-6 lg:col-span-2">
                <For each={shown()}>{(use) => <Metric of={use} />}</For>
              </div>
              <div class="grid gap-6">
                <Total of={shown()} />
                <Show when={isCurrent()}>
                  <Budget
                    slug={params.slug}
                    currency={shown()[0]!.currency}
                    spent={shown().reduce((sum, use) => sum + use.cost_cents, 0)}
                  />
                </Show>
              </div>
            </div>
          </Show>
        )}
      </Async>
    </>
  );
}

function Picker(props: {
  periods: readonly Schemas["UsePeriodOut"][];
  chosen: string | undefined;
  onChoose: (start: string | undefined) => void;
}) {
  const id = createUniqueId();
  const label = (period: Schemas["UsePeriodOut"]) =>
    period.end
      ? fmt.period(period.start, period.end)
      : t("usage.since", { date: fmt.sellerDay(period.start) });
  return (
    <>
      <label for={id} class="sr-only">
        {t("usage.period")}
      </label>
      <select
        id={id}
        class="select select-sm w-full sm:w-64"
        value={props.chosen ?? props.periods[0]?.start ?? ""}
        onChange={(event) => {
          const start = event.currentTarget.value;
          props.onChoose(start === props.periods[0]?.start ? undefined : start);
        }}
      >
        <For each={props.periods} fallback={<option value="">{t("usage.period")}</option>}>
          {(period) => <option value={period.start}>{label(period)}</option>}
        </For>
      </select>
    </>
  );
}

function Metric(props: { of: Use }) {
  const money = (cents: number) => fmt.money(cents, props.of.currency);
  const amount = (quantity: string) => `${fmt.quantity(quantity)} ${props.of.unit}`.trim();
  return (
    <Card title={props.of.name} action={<strong>{money(props.of.cost_cents)}</strong>}>
      <div class="grid gap-5 p-5">
        <div>
          <Meter of={props.of} />
        </div>
        <DayBars of={props.of} />
        <dl class="divide-base-300 divide-y text-sm">
          <Fact label={t("usage.included")}>{amount(props.of.included)}</Fact>
          <Fact label={t("usage.billable")}>{amount(props.of.billable)}</Fact>
          <Fact label={t("usage.gross")}>{money(props.of.gross_cents)}</Fact>
          <Show when={props.of.discount_cents > 0}>
            <Fact label={t("usage.discount")}>{money(-props.of.discount_cents)}</Fact>
          </Show>
          <Fact label={t("usage.net")}>
            <strong>{money(props.of.cost_cents)}</strong>
          </Fact>
          <Show when={props.of.forecast}>
            {(forecast) => (
              <Fact label={t("usage.expected")}>
                <span class="block">
                  {amount(forecast().likely)} · {money(forecast().likely_cents)}
                </span>
                <span class="text-muted block">
                  {t("usage.between", {
                    low: `${fmt.quantity(forecast().low)} · ${money(forecast().low_cents)}`,
                    high: `${fmt.quantity(forecast().high)} · ${money(forecast().high_cents)}`,
                  })}
                </span>
              </Fact>
            )}
          </Show>
        </dl>
        <Show when={props.of.forecast}>
          <p class="text-muted text-xs">{t(props.of.kind === "gauge" ? "usage.howGauge" : "usage.how")}</p>
        </Show>
      </div>
    </Card>
  );
}

function Total(props: { of: readonly Use[] }) {
  const first = () => props.of[0]!;
  const money = (cents: number) => fmt.money(cents, first().currency);
  const sum = (cents: (use: Use) => number) => props.of.reduce((total, use) => total + cents(use), 0);
  return (
    <Card title={t("usage.cost")}>
      <dl class="divide-base-300 divide-y px-5 py-2 text-sm">
        <Fact label={t("usage.gross")}>{money(sum((use) => use.gross_cents))}</Fact>
        <Show when={sum((use) => use.discount_cents) > 0}>
          <Fact label={t("usage.discount")}>{money(-sum((use) => use.discount_cents))}</Fact>
        </Show>
        <Fact label={t("usage.net")}>
          <strong>{money(sum((use) => use.cost_cents))}</strong>
        </Fact>
        <Show when={props.of.some((use) => use.forecast)}>
          <Fact label={t("usage.expected")}>
            {money(sum((use) => use.forecast?.likely_cents ?? use.cost_cents))}
          </Fact>
        </Show>
        <Fact label={t("usage.plan")}>
          {first().plan_key} · {t("usage.version", { version: String(first().plan_version) })}
        </Fact>
      </dl>
      <p class="text-muted px-5 pb-4 text-xs">
        {t("usage.asOf", { time: fmt.time(first().as_of) })} · {t("usage.beforeTax")}
      </p>
    </Card>
  );
}
