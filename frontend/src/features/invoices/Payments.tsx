import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";
import { Badge } from "../../ui/StatusBadge";
import { When } from "../../ui/When";

type Payment = Schemas["InvoicePaymentOut"];

const TONE = {
  pending: "info",
  requires_action: "warn",
  succeeded: "good",
  failed: "bad",
  partially_refunded: "quiet",
  refunded: "quiet",
} as const satisfies Record<Payment["status"], string>;

export function Payments(props: { of: Schemas["InvoiceDetailOut"] }) {
  return (
    <Card title={t("invoice.payments")}>
      <Show
        when={props.of.payments.length > 0}
        fallback={<p class="text-muted p-5 text-sm">{t("invoice.noPayments")}</p>}
      >
        <ul class="divide-base-300 divide-y">
          <For each={props.of.payments}>
            {(payment) => (
              <li class="grid gap-1 px-5 py-3 text-sm">
                <p class="flex flex-wrap items-center justify-between gap-2">
                  <span class="font-medium">{fmt.money(payment.amount_cents, payment.currency)}</span>
                  <Badge tone={TONE[payment.status]}>{t(`paymentStatus.${payment.status}`)}</Badge>
                </p>
                <p class="text-muted">
                  <When at={payment.succeeded_at ?? payment.created_at} /> ·{" "}
                  {payment.method_label ?? payment.provider}
                </p>
                <Show when={payment.status === "failed" && payment.failure_message}>
                  <p class="text-error">{payment.failure_message}</p>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Card>
  );
}
