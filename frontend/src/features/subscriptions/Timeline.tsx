import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { known, t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

type Entry = Schemas["TimelineEntryOut"];

export function Timeline(props: { entries: readonly Entry[] }) {
  return (
    <Card title={t("subscription.timeline")}>
      <ol class="timeline-list">
        <For each={props.entries}>
          {(entry) => (
            <li>
              <p class="font-medium">{title(entry)}</p>
              <p class="text-muted text-sm">
                <time datetime={entry.occurred_at} title={fmt.relative(entry.occurred_at)}>
                  {fmt.moment(entry.occurred_at)}
                </time>
              </p>
              <For each={differences(entry)}>{(words) => <p class="mt-1 text-sm">{words}</p>}</For>
              <Show when={entry.reason}>
                {(reason) => <p class="mt-1 text-sm">{worded("reason", reason())}</p>}
              </Show>
            </li>
          )}
        </For>
      </ol>
    </Card>
  );
}

/** The steps we have words for, in the reader's language; a newer one by its own name. */
function title(entry: Entry): string {
  const { action, before, after } = entry;
  if (action === "subscription.changed" && before && after) {
    if (before["plan"] !== after["plan"]) return t("timeline.planChanged");
    if (before["quantity"] !== after["quantity"]) return t("timeline.quantityChanged");
  }
  const key = `timeline.${entry.action.replace(/\.v\d+$/, "").replaceAll(".", "_")}`;
  return known(key) ? String(t(key)) : entry.action.replaceAll(/[._]+/g, " ");
}

/** What is other than before, or what it was about: plan, quantity and price of a unit, and the day it waits for. */
function differences({ action, before, after }: Entry): string[] {
  if (!after) return [];
  const price = (terms: Terms) =>
    typeof terms["unit_price_cents"] === "number" && typeof terms["currency"] === "string"
      ? fmt.money(terms["unit_price_cents"], terms["currency"])
      : "";
  const quantity = (terms: Terms) =>
    typeof terms["quantity"] === "number" ? fmt.quantity(terms["quantity"]) : "";
  const plan = (terms: Terms) => (typeof terms["plan"] === "string" ? terms["plan"] : "");
  const day = (terms: Terms) => (typeof terms["day"] === "string" ? fmt.day(terms["day"]) : "");
  const facts = [
    { label: t("subscriptions.plan"), of: plan },
    { label: t("subscription.quantity"), of: quantity },
    { label: t("subscriptions.price"), of: price },
    { label: t(action === "subscription.change_scheduled" ? "timeline.after" : "timeline.lastDay"), of: day },
  ];
  if (!before)
    return facts
      .filter(({ of }) => of(after) !== "")
      .map(({ label, of }) => t("timeline.is", { label, value: of(after) }));
  return facts
    .filter(({ of }) => of(before) !== of(after))
    .map(({ label, of }) => t("timeline.changedTo", { label, before: of(before), after: of(after) }));
}

type Terms = Record<string, unknown>;
