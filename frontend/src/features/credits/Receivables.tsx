import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

/** What one owes beside the documents, money that one has twice; nothing at all where there is none. */
export function Receivables() {
  const receivables = useQuery(() => q.receivables());
  return (
    <Show when={receivables.data?.data.length ? receivables.data.data : undefined}>
      {(rows) => (
        <Card title={t("receivables.title")} class="mb-6">
          <p class="text-muted px-5 pt-4 text-sm">{t("receivables.text")}</p>
          <ul class="divide-base-300 divide-y">
            <For each={rows()}>
              {(owed) => (
                <li class="flex items-baseline justify-between gap-4 px-5 py-3 text-sm">
                  <span class="min-w-0 break-words">
                    <A href={`/billing/invoices/${owed.invoice_id}`} class="link font-medium">
                      {worded("receivableSource", owed.source)}
                    </A>
                    <span class="text-muted block">{fmt.day(owed.created_at)}</span>
                  </span>
                  <span class="font-medium whitespace-nowrap">
                    {fmt.money(owed.remaining_cents, owed.currency)}
                  </span>
                </li>
              )}
            </For>
          </ul>
        </Card>
      )}
    </Show>
  );
}
