import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { type Column, DataTable } from "../../ui/DataTable";
import { Why } from "./Why";

type Line = Schemas["LineOut"];

export function Lines(props: { of: Schemas["OwnInvoiceOut"] }) {
  const currency = () => props.of.currency;
  const columns: readonly Column<Line>[] = [
    {
      id: "description",
      header: () => t("invoice.description"),
      heads: true,
      cell: (line) => (
        <>
          <span class="font-medium break-words">{line.description}</span>
          <Show when={span(line)}>
            <span class="text-muted block text-sm">{span(line)}</span>
          </Show>
          <For each={adjustments(line)}>
            {(each) => (
              <span class="text-muted block text-sm">
                {each.reason} {fmt.money(each.amount_cents, currency())}
              </span>
            )}
          </For>
          <Why invoice={props.of.id} line={line} />
        </>
      ),
    },
    {
      id: "quantity",
      header: () => t("invoice.quantity"),
      align: "end",
      cell: (line) => `${fmt.quantity(line.quantity)} ${line.unit_label ?? ""}`.trim(),
    },
    {
      id: "price",
      header: () => t("invoice.unitPrice"),
      align: "end",
      cell: (line) => unitPrice(line, currency()),
    },
    {
      id: "vat",
      header: () => t("invoice.vat"),
      align: "end",
      cell: (line) => (line.tax_rate === null ? null : fmt.percent(line.tax_rate)),
    },
    {
      id: "net",
      header: () => t("invoice.net"),
      align: "end",
      cell: (line) => fmt.money(line.amount_cents, currency()),
    },
  ];
  return (
    <div class="border-base-300 border-t">
      <DataTable caption={t("invoice.lines")} columns={columns} rows={props.of.lines} />
    </div>
  );
}

const span = (line: Line) =>
  line.period_start && line.period_end ? fmt.period(line.period_start, line.period_end) : null;

/** What the line was raised and lowered by before VAT, allowances below zero. */
const adjustments = (line: Line) => [
  ...(line.charges ?? []),
  ...(line.allowances ?? []).map((each) => ({ ...each, amount_cents: -each.amount_cents })),
];

/** A price below one cent is written for the number of units that it is the price of: exact, and readable. */
function unitPrice(line: Line, currency: string): string {
  const price = fmt.money(line.unit_price_cents, currency);
  return line.unit_divisor === 1
    ? price
    : t("invoice.per", { price, divisor: fmt.quantity(line.unit_divisor) });
}
