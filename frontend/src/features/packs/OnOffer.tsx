import { A } from "@solidjs/router";
import { For } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";

/** Packs as rows that lead to them: what is in each, and what a period of it costs. */
export function OnOffer(props: { packs: readonly Schemas["PackOut"][] }) {
  return (
    <ul class="divide-base-300 divide-y">
      <For each={props.packs}>
        {(pack) => (
          <li>
            <A href={`/packs/${pack.slug}`} class="row-card">
              <span class="min-w-0">
                <span class="block font-medium">{pack.name}</span>
                <span class="text-muted block text-sm">
                  {pack.items.map((item) => `${item.service_name} ${item.plan_name}`).join(" · ")}
                </span>
              </span>
              <span class="text-sm whitespace-nowrap">
                {fmt.money(pack.price_cents, pack.currency)} {t(`interval.${pack.billing_period}`)}
              </span>
            </A>
          </li>
        )}
      </For>
    </ul>
  );
}
