import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { known, t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

/** What has settled the invoice so far: payments, credit notes, what an operator booked. */
export function Payments(props: { of: Schemas["InvoiceDetailOut"] }) {
  return (
    <Card title={t("invoice.payments")}>
      <Show
        when={props.of.payments.length > 0}
        fallback={<p class="text-muted p-5 text-sm">{t("invoice.noPayments")}</p>}
      >
        <ul class="divide-base-300 divide-y">
          <For each={props.of.payments}>
            {(settlement) => (
              <li class="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-5 py-3 text-sm">
                <span>
                  <span class="block font-medium">{kind(settlement.kind)}</span>
                  <span class="text-muted block">
                    {[fmt.day(settlement.settled_at), settlement.method, settlement.reference]
                      .filter(Boolean)
                      .join(" · ")}
                  </span>
                </span>
                <span class="font-medium whitespace-nowrap">
                  {fmt.money(settlement.amount_cents, props.of.currency)}
                </span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Card>
  );
}

function kind(name: string): string {
  const key = `settlement.${name}`;
  return known(key) ? String(t(key)) : name;
}
