import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { named } from "./compare";

type Plan = Schemas["OfferedPlanOut"];
type Price = Plan["usage_pricing"][number];

/** What use of each metric costs under a plan, bracket by bracket, and what it costs at least. */
export function UsePrices(props: { plan: Plan }) {
  const metrics = () => [...new Set(props.plan.usage_pricing.map((price) => price.metric_slug))];
  const minimum = () => props.plan.minimum_use_cents;
  return (
    <Show when={metrics().length > 0 || minimum() > 0}>
      <div class="text-sm">
        <h3 class="font-medium">{t("offer.useCosts")}</h3>
        <dl class="mt-1 grid gap-1">
          <For each={metrics()}>
            {(metric) => {
              const prices = () => props.plan.usage_pricing.filter((price) => price.metric_slug === metric);
              return (
                <div>
                  <dt class="text-muted">{named(metric)}</dt>
                  <For each={prices()}>
                    {(price, at) => <dd>{said(price, at() === 0, props.plan.currency)}</dd>}
                  </For>
                  <Show when={prices().length > 1 && prices()[0]?.price_model === "volume"}>
                    <dd class="text-muted">{t("offer.whole")}</dd>
                  </Show>
                </div>
              );
            }}
          </For>
        </dl>
        <Show when={minimum() > 0}>
          <p class="mt-1">{t("offer.minimum", { amount: fmt.money(minimum(), props.plan.currency) })}</p>
        </Show>
      </div>
    </Show>
  );
}

function said(price: Price, isFirst: boolean, currency: string): string {
  const unit = unitPrice(price, currency);
  if (price.tier_end !== null) return t("offer.upTo", { n: fmt.quantity(price.tier_end), price: unit });
  return isFirst ? unit : t("offer.above", { n: fmt.quantity(price.tier_start), price: unit });
}

function unitPrice(price: Price, currency: string): string {
  const flat = price.flat_price_cents > 0 && fmt.money(price.flat_price_cents, currency);
  if (price.unit_price_cents === 0) return flat || t("offer.free");
  const values = {
    price: fmt.money(price.unit_price_cents, currency),
    n: `${fmt.quantity(price.unit_divisor)} ${price.unit_label}`.trim(),
  };
  const each =
    price.price_model === "package"
      ? t("offer.begun", values)
      : t(price.unit_divisor === 1 && !price.unit_label ? "offer.each" : "offer.per", {
          ...values,
          n: price.unit_divisor === 1 ? price.unit_label : values.n,
        });
  return flat ? t("offer.flat", { price: each, amount: flat }) : each;
}
