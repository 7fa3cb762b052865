import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { known, t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

/** What has settled the invoice so far: payments, credit notes, what an operator booked; and attempts that failed. */
export function Payments(props: { of: Schemas["OwnInvoiceOut"] }) {
  return (
    <Card title={t("invoice.payments")}>
      <Show
        when={props.of.payments.length + props.of.failed_payments.length > 0}
        fallback={<p class="text-muted p-5 text-sm">{t("invoice.noPayments")}</p>}
      >
        <ul class="divide-base-300 divide-y">
          <For each={props.of.payments}>
            {(settlement) => (
              <li class="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-5 py-3 text-sm">
                <span>
                  <span class="block font-medium">{kind(settlement.kind)}</span>
                  <span class="text-muted block">
                    {[fmt.day(settlement.settled_at), method(settlement.method), settlement.reference]
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
          <For each={props.of.failed_payments}>
            {(attempt) => (
              <li class="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-5 py-3 text-sm">
                <span>
                  <span class="text-error block font-medium">{t("invoice.failedPayment")}</span>
                  <span class="text-muted block">{failure(attempt)}</span>
                </span>
                <span class="text-muted whitespace-nowrap">
                  {fmt.money(attempt.amount_cents, props.of.currency)}
                </span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Card>
  );
}

function failure(attempt: Schemas["FailedPaymentOut"]): string {
  const next = attempt.next_retry_at && t("invoice.nextAttempt", { date: fmt.day(attempt.next_retry_at) });
  return [fmt.day(attempt.attempted_at), attempt.reason, next].filter(Boolean).join(" · ");
}

const kind = (name: string) => worded("settlement", name);
const method = (name: string | null) => name && worded("payment", name);

/** In the reader's language where there is a word for it; else as the server says it. */
function worded(group: string, name: string): string {
  const key = `${group}.${name}`;
  return known(key) ? String(t(key)) : name.replaceAll("_", " ");
}
