import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { vatGroups } from "./vatGroups";

/** VAT by rate at the left, the way from net to what is still open at the right. */
export function Totals(props: { of: Schemas["OwnInvoiceOut"] }) {
  const money = (cents: number) => fmt.money(cents, props.of.currency);
  const credited = () =>
    props.of.amount_credited_cents -
    (props.of.document_type === "invoice" ? props.of.amount_applied_cents : 0);
  return (
    <div class="border-base-300 grid gap-6 border-t p-5 text-sm sm:grid-cols-2">
      <table class="w-full self-start">
        <caption class="text-muted pb-2 text-left">{t("invoice.vatGroups")}</caption>
        <thead class="sr-only">
          <tr>
            <th scope="col">{t("invoice.vat")}</th>
            <th scope="col">{t("invoice.taxable")}</th>
            <th scope="col">{t("invoice.tax")}</th>
          </tr>
        </thead>
        <tbody>
          <For each={vatGroups(props.of)}>
            {(group) => (
              <tr>
                <th scope="row" class="py-1 text-left font-normal">
                  {group.rate === null ? props.of.tax_label : fmt.percent(group.rate)}{" "}
                  <Show when={group.category && group.category !== "S"}>
                    <span class="text-muted">({group.category})</span>
                  </Show>
                </th>
                <td class="py-1 text-right">{money(group.taxable_cents)}</td>
                <td class="py-1 text-right">{money(group.tax_cents)}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <dl class="grid gap-2">
        <For each={props.of.charges ?? []}>
          {(each) => <Sum label={each.reason ?? ""} value={money(each.amount_cents)} />}
        </For>
        <For each={props.of.allowances ?? []}>
          {(each) => <Sum label={each.reason ?? ""} value={money(-each.amount_cents)} />}
        </For>
        <Sum label={t("invoice.subtotal")} value={money(props.of.subtotal_cents)} />
        <Sum label={props.of.tax_label ?? t("invoice.tax")} value={money(props.of.tax_cents)} />
        <Sum label={t("invoice.total")} value={money(props.of.total_cents)} strong />
        <Show when={props.of.amount_paid_cents !== 0}>
          <Sum label={t("invoice.paid")} value={money(-props.of.amount_paid_cents)} />
        </Show>
        <Show when={credited() !== 0}>
          <Sum label={t("invoice.credited")} value={money(-credited())} />
        </Show>
        <Show when={props.of.document_type === "invoice" && props.of.amount_applied_cents !== 0}>
          <Sum label={t("invoice.fromCredit")} value={money(-props.of.amount_applied_cents)} />
        </Show>
        <Show when={props.of.document_type === "invoice" && props.of.status !== "void"}>
          <Sum label={t("invoice.open")} value={money(props.of.amount_due_cents)} strong />
        </Show>
      </dl>
    </div>
  );
}

function Sum(props: { label: string; value: string; strong?: boolean }) {
  return (
    <div
      class={`flex justify-between gap-4 ${props.strong ? "border-base-300 border-t pt-2 text-base font-semibold" : ""}`}
    >
      <dt>{props.label}</dt>
      <dd class="whitespace-nowrap">{props.value}</dd>
    </div>
  );
}
