import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";
import { Async, EmptyState } from "../../ui/states";

/** What the tenant's provider sells, for whoever may look at nothing else. */
export function Offers() {
  const offers = useQuery(() => q.offers());
  return (
    <Card title={t("catalog.title")}>
      <Async query={offers} lines={6}>
        {(page) => (
          <Show
            when={page().data.length > 0}
            fallback={<EmptyState title={t("catalog.empty")} text={t("catalog.emptyText")} />}
          >
            <ul class="divide-base-300 divide-y">
              <For each={page().data}>
                {(offer) => (
                  <li>
                    <A href={`/catalog/${offer.slug}`} class="row-card">
                      <span class="min-w-0">
                        <span class="block font-medium">{offer.name}</span>
                        <span class="text-muted block text-sm">{offer.description}</span>
                      </span>
                      <span class="text-sm whitespace-nowrap">
                        {t("catalog.from", { amount: fmt.money(offer.plans_from_cents, offer.currency) })}
                      </span>
                    </A>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        )}
      </Async>
    </Card>
  );
}
