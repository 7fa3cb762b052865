import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useQuery } from "../../api/queries";
import { t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { type Column, DataTable } from "../../ui/DataTable";
import { Card, PageHead } from "../../ui/layout";
import { Async, EmptyState } from "../../ui/states";
import { walletBalances, walletLots } from "./queries";

const COLUMNS: readonly Column<Schemas["WalletLotOut"]>[] = [
  {
    id: "from",
    header: () => t("wallet.from"),
    heads: true,
    cell: (lot) => (
      <>
        {worded("walletSource", lot.source)}
        <span class="text-muted block break-words">{lot.reference}</span>
      </>
    ),
  },
  { id: "since", header: () => t("wallet.since"), cell: (lot) => fmt.day(lot.received_at) },
  {
    id: "ends",
    header: () => t("wallet.ends"),
    cell: (lot) => (lot.expires_at ? fmt.day(lot.expires_at) : t("wallet.never")),
  },
  {
    id: "amount",
    header: () => t("wallet.amount"),
    cell: (lot) => fmt.money(lot.amount_cents, lot.currency),
  },
  {
    id: "left",
    header: () => t("wallet.left"),
    cell: (lot) => fmt.money(lot.remaining_cents, lot.currency),
  },
];

/** What is there beforehand: paid in, or given; what invoices take before they ask for anything. */
export default function Wallet() {
  const balances = useQuery(() => walletBalances());
  const lots = useQuery(() => walletLots());
  return (
    <>
      <PageHead title={t("nav.wallet")} />
      <p class="text-muted mb-6 max-w-2xl">{t("wallet.text")}</p>
      <div class="grid gap-6">
        <Show when={(balances.data?.length ?? 0) > 0}>
          <Card title={t("wallet.balance")}>
            <ul class="divide-base-300 divide-y">
              <For each={balances.data}>
                {(each) => (
                  <li class="px-5 py-3">
                    <span class="text-lg font-medium">{fmt.money(each.available_cents, each.currency)}</span>
                    <Show when={each.promotional_cents > 0 && each.next_expires_at}>
                      {(ends) => (
                        <span class="text-muted block text-sm">
                          {t("wallet.given", {
                            amount: fmt.money(each.promotional_cents, each.currency),
                            date: fmt.day(ends()),
                          })}
                        </span>
                      )}
                    </Show>
                  </li>
                )}
              </For>
            </ul>
          </Card>
        </Show>
        <section class="panel" aria-label={t("wallet.lots")}>
          <Async query={lots} lines={4}>
            {(page) => (
              <Show
                when={page().data.length > 0}
                fallback={<EmptyState icon="wallet" title={t("wallet.empty")} text={t("wallet.emptyText")} />}
              >
                <DataTable caption={t("wallet.lots")} columns={COLUMNS} rows={page().data} />
              </Show>
            )}
          </Async>
        </section>
      </div>
    </>
  );
}
