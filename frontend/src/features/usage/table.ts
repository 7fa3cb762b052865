import type { Schemas } from "../../api/client";
import { decimal } from "../../lib/money";

type Use = Schemas["MetricDetailOut"];

const HEAD = [
  "row",
  "service",
  "metric",
  "unit",
  "from",
  "to",
  "quantity",
  "events",
  "included",
  "billable",
  "gross",
  "discount",
  "net",
  "currency",
];

/** What the page shows, as rows for a spreadsheet: each metric's period with its cost, then its days (UTC). */
export function table(uses: readonly Use[]): string[][] {
  return [
    HEAD,
    ...uses.flatMap((use) => {
      const named = [use.service_slug, use.metric_slug, use.unit];
      const money = (cents: number) => decimal(cents, use.currency);
      return [
        [
          "period",
          ...named,
          use.period_start ?? "",
          use.period_end ?? "",
          use.used,
          "",
          use.included,
          use.billable,
          money(use.gross_cents),
          money(use.discount_cents),
          money(use.cost_cents),
          use.currency,
        ],
        ...use.series.map((point) => [
          "day",
          ...named,
          point.period_start.slice(0, 10),
          point.period_start.slice(0, 10),
          point.quantity,
          String(point.events),
          ...Array.from({ length: 6 }, () => ""),
        ]),
      ];
    }),
  ];
}
