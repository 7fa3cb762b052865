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
  const key = `timeline.${entry.action.replace(/\.v\d+$/, "").replaceAll(".", "_")}`;
  return known(key) ? String(t(key)) : entry.action.replaceAll(/[._]+/g, " ");
}

/** What is other than before: plan, quantity and price of a unit, as far as the entry names both sides. */
function differences({ before, after }: Entry): string[] {
  if (!before || !after) return [];
  const price = (terms: Terms) =>
    typeof terms["unit_price_cents"] === "number" && typeof terms["currency"] === "string"
      ? fmt.money(terms["unit_price_cents"], terms["currency"])
      : "";
  const quantity = (terms: Terms) =>
    typeof terms["quantity"] === "number" ? fmt.quantity(terms["quantity"]) : "";
  const plan = (terms: Terms) => (typeof terms["plan"] === "string" ? terms["plan"] : "");
  return [
    { label: t("subscriptions.plan"), of: plan },
    { label: t("subscription.quantity"), of: quantity },
    { label: t("subscriptions.price"), of: price },
  ]
    .filter(({ of }) => of(before) !== of(after))
    .map(({ label, of }) => t("timeline.changedTo", { label, before: of(before), after: of(after) }));
}

type Terms = Record<string, unknown>;
