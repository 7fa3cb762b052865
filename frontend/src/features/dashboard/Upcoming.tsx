import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

type Preview = Schemas["PreviewOut"];

/** What the next invoice would hold if it were written now; one card per currency, none while nothing is due. */
export function Upcoming() {
  const upcoming = useQuery(() => q.upcoming());
  return <For each={upcoming.data}>{(preview) => <Expected of={preview} />}</For>;
}

function Expected(props: { of: Preview }) {
  const money = (cents: number) => fmt.money(cents, props.of.currency);
  return (
    <Card
      title={
        props.of.invoice_date
          ? t("overview.upcomingOn", { date: fmt.day(props.of.invoice_date) })
          : t("overview.upcoming")
      }
      action={<strong class="text-lg">{money(props.of.total_cents)}</strong>}
    >
      <ul class="divide-base-300 divide-y">
        <For each={props.of.lines}>
          {(line) => (
            <li class="flex flex-wrap justify-between gap-x-4 gap-y-1 px-5 py-3 text-sm">
              <span class="min-w-0">
                <span class="block font-medium break-words">{line.description}</span>
                <span class="text-muted block">{fmt.period(line.period_start, line.period_end)}</span>
              </span>
              <span class="whitespace-nowrap">{money(line.amount_cents)}</span>
            </li>
          )}
        </For>
        <Show when={props.of.lines.length > 0}>
          <li class="flex flex-wrap justify-between gap-x-4 px-5 py-3 text-sm">
            <span>{props.of.tax_label}</span>
            <span class="whitespace-nowrap">{money(props.of.tax_cents)}</span>
          </li>
        </Show>
        <For each={props.of.credits}>
          {(credit) => (
            <li class="flex flex-wrap justify-between gap-x-4 px-5 py-3 text-sm">
              <span class="min-w-0">
                <span class="block font-medium break-words">{credit.description}</span>
                <span class="text-muted block">
                  {t("overview.creditNote", { number: credit.invoice_number })}
                </span>
              </span>
              <span class="whitespace-nowrap">{money(-credit.total_cents)}</span>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.of.lines.length > 0}>
        <p class="text-muted px-5 pb-4 text-sm">
          {t("overview.upcomingText")}{" "}
          <A class="link" href="/usage">
            {t("usage.details")}
          </A>
        </p>
      </Show>
    </Card>
  );
}
