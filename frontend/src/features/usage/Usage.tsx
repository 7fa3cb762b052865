import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card, PageHead } from "../../ui/layout";
import { Async, EmptyState } from "../../ui/states";
import { Meter } from "./Meter";

type Use = Schemas["MetricUseOut"];

/** Every service in its current period: how much of what is included is used, and what the rest costs so far. */
export default function Usage() {
  const query = useQuery(() => q.usage());
  return (
    <>
      <PageHead title={t("usage.title")} />
      <Async query={query} lines={12} frame={(state) => <div class="panel">{state}</div>}>
        {(uses) => (
          <Show
            when={uses().length > 0}
            fallback={
              <div class="panel">
                <EmptyState icon="usage" title={t("usage.empty")} text={t("usage.emptyText")} />
              </div>
            }
          >
            <div class="grid items-start gap-6 xl:grid-cols-2">
              <For each={byService(uses())}>{(mine) => <Service of={mine} />}</For>
            </div>
          </Show>
        )}
      </Async>
    </>
  );
}

function Service(props: { of: readonly Use[] }) {
  const first = () => props.of[0]!;
  const money = (cents: number) => fmt.money(cents, first().currency);
  const total = (cents: (use: Use) => number) => props.of.reduce((sum, use) => sum + cents(use), 0);
  const forecast = () => total((use) => use.forecast?.likely_cents ?? use.cost_cents);
  return (
    <Card
      title={first().service_name}
      action={
        <A href={`/usage/${first().service_slug}`} class="link link-hover text-primary text-sm font-medium">
          {t("usage.details")}
        </A>
      }
    >
      <div class="grid gap-5 p-5">
        <p class="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
          <span class="text-muted">
            {t("usage.soFar")} · {t("usage.asOf", { time: fmt.time(first().as_of) })}
          </span>
          <strong class="text-lg">{money(total((use) => use.cost_cents))}</strong>
        </p>
        <Show when={props.of.some((use) => use.forecast)}>
          <p class="-mt-4 flex flex-wrap justify-between gap-x-4 text-sm">
            <span class="text-muted">{t("usage.expected")}</span>
            <span>{money(forecast())}</span>
          </p>
        </Show>
        <ul class="grid gap-5">
          <For each={props.of}>
            {(use) => (
              <li>
                <Meter of={use} />
              </li>
            )}
          </For>
        </ul>
      </div>
    </Card>
  );
}

function byService(uses: readonly Use[]): Use[][] {
  const slugs = [...new Set(uses.map((use) => use.service_slug))];
  return slugs.map((slug) => uses.filter((use) => use.service_slug === slug));
}
