import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

/** What has settled the invoice so far: payments, credit notes, what an operator booked; and attempts that failed. */
export function Payments(props: { of: Schemas["OwnInvoiceOut"] }) {
  return (
    <Card title={t("invoice.payments")}>
      <Show
        when={props.of.payments.length + props.of.failed_payments.length + props.of.disputes.length > 0}
        fallback={<p class="text-muted p-5 text-sm">{t("invoice.noPayments")}</p>}
      >
        <ul class="divide-base-300 divide-y">
          <For each={props.of.payments}>
            {(settlement) => (
              <li class="flex items-baseline justify-between gap-4 px-5 py-3 text-sm">
                <span class="min-w-0 break-words">
                  <span class="block font-medium">
                    <Show
                      when={props.of.credit_notes.find(({ id }) => id === settlement.source_id)}
                      fallback={worded("settlement", settlement.kind)}
                    >
                      {(note) => (
                        <A href={`/billing/invoices/${note().id}`} class="link">
                          {t("invoice.creditNote", { number: note().number ?? "" })}
                        </A>
                      )}
                    </Show>
                  </span>
                  <span class="text-muted block">
                    {[fmt.day(settlement.settled_at), method(settlement.method), settlement.reference]
                      .filter(Boolean)
                      .join(" · ")}
                  </span>
                </span>
                <span class="text-right whitespace-nowrap">
                  <span class="font-medium">{fmt.money(settlement.amount_cents, props.of.currency)}</span>
                  <Show when={settlement.unapplied_cents > 0}>
                    <span class="text-muted block">
                      {t("invoice.asCredit", {
                        amount: fmt.money(settlement.unapplied_cents, props.of.currency),
                      })}
                    </span>
                  </Show>
                </span>
              </li>
            )}
          </For>
          <For each={props.of.failed_payments}>
            {(attempt) => (
              <li class="flex items-baseline justify-between gap-4 px-5 py-3 text-sm">
                <span class="min-w-0 break-words">
                  <span class="text-error block font-medium">{t("invoice.failedPayment")}</span>
                  <span class="text-muted block">{failure(attempt)}</span>
                </span>
                <span class="text-muted whitespace-nowrap">
                  {fmt.money(attempt.amount_cents, props.of.currency)}
                </span>
              </li>
            )}
          </For>
          <For each={props.of.disputes}>
            {(dispute) => (
              <li class="flex items-baseline justify-between gap-4 px-5 py-3 text-sm">
                <span class="min-w-0 break-words">
                  <span class="block font-medium">{t(`invoice.dispute.${dispute.status}`)}</span>
                  <span class="text-muted block">{fmt.day(dispute.closed_at ?? dispute.opened_at)}</span>
                </span>
                <span class="text-muted whitespace-nowrap">
                  {fmt.money(dispute.amount_cents, props.of.currency)}
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

const method = (name: string | null) => name && worded("payment", name);
