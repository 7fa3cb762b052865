import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

/** What the seller owes back, by where it came from; nothing at all where nothing is left. */
export function Credits() {
  const credits = useQuery(() => q.credits());
  return (
    <Show when={credits.data?.data.length ? credits.data.data : undefined}>
      {(rows) => (
        <Card title={t("credits.title")} class="mb-6">
          <p class="text-muted px-5 pt-4 text-sm">{t("credits.text")}</p>
          <ul class="divide-base-300 divide-y">
            <For each={rows()}>
              {(credit) => (
                <li class="flex items-baseline justify-between gap-4 px-5 py-3 text-sm">
                  <span class="min-w-0 break-words">
                    <A href={`/billing/invoices/${credit.invoice_id}`} class="link font-medium">
                      {worded("creditSource", credit.source)}
                    </A>
                    <span class="text-muted block">
                      {[fmt.day(credit.created_at), credit.is_kept && t("credits.kept")]
                        .filter(Boolean)
                        .join(" · ")}
                    </span>
                  </span>
                  <span class="font-medium whitespace-nowrap">
                    {fmt.money(credit.remaining_cents, credit.currency)}
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
