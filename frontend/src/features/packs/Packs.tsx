import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card, PageHead } from "../../ui/layout";
import { StatusBadge } from "../../ui/StatusBadge";
import { Async, EmptyState } from "../../ui/states";
import { useCan } from "../session/useCan";
import { OnOffer } from "./OnOffer";
import { running } from "./running";

/** What one has of packs, and what is sold together. */
export default function Packs() {
  const can = useCan();
  const packs = useQuery(() => q.packs());
  const held = useQuery(() => ({ ...q.packSubscriptions(), enabled: can("subscriptions:read") }));
  const mine = () => running(held.data ?? []);
  return (
    <>
      <PageHead title={t("packs.title")} back={{ href: "/catalog", place: t("nav.catalog") }} />
      <p class="text-muted mb-6 max-w-2xl">{t(can("subscriptions:manage") ? "packs.text" : "roles.buy")}</p>
      <div class="grid gap-6">
        <Show when={mine().length > 0}>
          <Card title={t("packs.yours")}>
            <ul class="divide-base-300 divide-y">
              <For each={mine()}>
                {(pack) => (
                  <li>
                    <A href={`/packs/${pack.pack_slug}`} class="row-card">
                      <span class="flex min-w-0 flex-wrap items-center gap-2 font-medium">
                        {pack.pack_name}
                        <StatusBadge status={pack.status} />
                      </span>
                      <span class="text-sm whitespace-nowrap">
                        {fmt.money(pack.unit_price_cents, pack.currency)}{" "}
                        {t(`interval.${pack.billing_period}`)}
                      </span>
                    </A>
                  </li>
                )}
              </For>
            </ul>
          </Card>
        </Show>
        <Card title={t("packs.title")}>
          <Async query={packs} lines={6}>
            {(list) => (
              <Show
                when={list().length > 0}
                fallback={<EmptyState title={t("packs.empty")} text={t("packs.emptyText")} />}
              >
                <OnOffer packs={list()} />
              </Show>
            )}
          </Async>
        </Card>
      </div>
    </>
  );
}
