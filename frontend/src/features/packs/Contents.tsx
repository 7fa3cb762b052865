import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { type Column, DataTable } from "../../ui/DataTable";
import { Card } from "../../ui/layout";

interface Row {
  service: string;
  plan: string;
  /** Minor units; null until the price is frozen. */
  cents: number | null;
  /** Its subscription, where one has it. */
  href?: string;
}

/** The services of a pack with the plan of each, and an amount that the head of its column names. */
export function Contents(props: { rows: readonly Row[]; amount: string; currency: string; class?: string }) {
  const columns = (): Column<Row>[] => [
    {
      id: "service",
      header: () => t("packs.service"),
      heads: true,
      cell: (row) => (
        <Show when={row.href} fallback={<span class="font-medium">{row.service}</span>}>
          {(href) => (
            <A href={href()} class="row-link font-medium">
              {row.service}
            </A>
          )}
        </Show>
      ),
    },
    { id: "plan", header: () => t("packs.plan"), cell: (row) => row.plan },
    {
      id: "amount",
      header: () => props.amount,
      align: "end",
      cell: (row) => (row.cents === null ? null : fmt.money(row.cents, props.currency)),
    },
  ];
  return (
    <Card title={t("packs.contents")} class={props.class ?? ""}>
      <DataTable caption={t("packs.contents")} columns={columns()} rows={props.rows} />
    </Card>
  );
}
