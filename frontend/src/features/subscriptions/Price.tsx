import { Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";

type Priced = Pick<
  Schemas["SubscriptionOut"],
  "unit_price_cents" | "currency" | "quantity" | "billing_period"
>;

/** The price of one period; whole units times a whole number stays whole. Null until the price is frozen at activation. */
export function periodPrice(of: Priced): string | null {
  return of.unit_price_cents === null || of.currency === null
    ? null
    : fmt.money(of.unit_price_cents * of.quantity, of.currency);
}

export function Price(props: { of: Priced }) {
  return (
    <Show when={periodPrice(props.of)} fallback="–">
      {(price) => (
        <span class="whitespace-nowrap">
          {price()} <span class="text-muted">{t(`interval.${props.of.billing_period}`)}</span>
        </span>
      )}
    </Show>
  );
}
