import { useNavigate } from "@solidjs/router";
import { createSignal, createUniqueId, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useSubscribe } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toasts";

const MOST = 1_000_000;

/** How many, what a period costs, and what a trial costs after it; then the subscription's own page. */
export function SubscribeDialog(props: {
  plan: Schemas["OfferedPlanOut"];
  slug: string;
  service: string;
  onClose: () => void;
}) {
  const field = createUniqueId();
  const codeField = createUniqueId();
  const navigate = useNavigate();
  const subscribe = useSubscribe();
  const [quantity, setQuantity] = createSignal(1);
  const [coupon, setCoupon] = createSignal("");
  // What is typed may be nothing for a moment.
  const sellable = () => Number.isInteger(quantity()) && quantity() >= 1 && quantity() <= MOST;
  const quotes = useQuery(() => q.quotes(props.slug, sellable() ? quantity() : 1, coupon()));
  const quote = () => quotes.data?.find((each) => each.plan_id === props.plan.id);
  // The amounts of another quantity stand in until those of this one come.
  const current = () => (quotes.isPlaceholderData ? undefined : quote());
  const onTrial = () => (quote()?.trial_days ?? props.plan.trial_days) > 0;
  const said = () => {
    const now = quote();
    const amount = current();
    return {
      amount: amount
        ? fmt.money(amount.net_cents - amount.setup_cents + amount.discount_cents, amount.currency)
        : fmt.money(
            Math.round(
              (now
                ? (now.net_cents - now.setup_cents + now.discount_cents) / now.quantity
                : props.plan.effective_price_cents) * quantity(),
            ),
            now?.currency ?? props.plan.effective_currency,
          ),
      interval: t(`interval.${now?.billing_period ?? props.plan.billing_period}`),
      days: String(now?.trial_days ?? props.plan.trial_days),
    };
  };
  /** What is paid to begin with, net: with setting up, less what a coupon takes off. */
  const atFirst = () => {
    const amount = current();
    return amount ? fmt.money(amount.net_cents, amount.currency) : said().amount;
  };
  /** What the first invoice comes to, and on which day where that is not today. */
  const first = () => {
    const now = current();
    if (!now || now.total_cents === null || now.total_cents === 0) return null;
    const amount = t("offer.withVat", {
      amount: fmt.money(now.total_cents, now.currency),
      label: now.tax_label ?? "",
    });
    const charged =
      now.trial_days > 0 && now.charged_on
        ? t("offer.chargedOn", { date: fmt.day(now.charged_on), amount })
        : t("offer.chargedNow", { amount });
    const parts = [
      now.setup_cents > 0 && t("offer.setup", { amount: fmt.money(now.setup_cents, now.currency) }),
      now.discount_cents > 0 &&
        t("offer.less", {
          amount: fmt.money(now.discount_cents, now.currency),
          code: coupon().toUpperCase(),
        }),
    ].filter(Boolean);
    return parts.length > 0 ? `${charged} (${parts.join("; ")})` : charged;
  };
  // What is paid once, or ends with its term, does not renew by itself.
  const renews = () => props.plan.billing_period !== "one_time" && props.plan.term_months === null;

  const confirm = async (key: string) => {
    const done = t("catalog.subscribed", { service: props.service, plan: props.plan.name });
    let made: Schemas["SubscribedOut"];
    try {
      made = await subscribe.mutateAsync({
        key,
        plan_id: props.plan.id,
        quantity: quantity(),
        coupon: coupon(),
      });
    } catch {
      return; // The dialog stays open and says why.
    }
    props.onClose();
    toast("success", done);
    navigate(`/subscriptions/${made.id}`);
  };

  return (
    <ConfirmDialog
      title={t("catalog.subscribeTitle", { service: props.service, plan: props.plan.name })}
      confirm={onTrial() ? t("catalog.startTrial") : t("catalog.confirm", { amount: atFirst() })}
      cancel={t("catalog.back")}
      busy={subscribe.isPending || !sellable() || quotes.isPlaceholderData}
      error={subscribe.error ?? (coupon() ? quotes.error : null)}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <div class="grid gap-1">
        <label for={field} class="text-sm">
          {t("subscription.quantity")}
        </label>
        <input
          id={field}
          type="number"
          min="1"
          max={MOST}
          class="input w-32"
          value={quantity()}
          onInput={(event) => setQuantity(event.currentTarget.valueAsNumber)}
        />
      </div>
      <div class="grid gap-1">
        <label for={codeField} class="text-sm">
          {t("offer.coupon")}
        </label>
        <input
          id={codeField}
          type="text"
          maxlength="40"
          autocomplete="off"
          spellcheck={false}
          class="input w-56 uppercase"
          value={coupon()}
          onChange={(event) => setCoupon(event.currentTarget.value.trim())}
        />
      </div>
      <Show when={sellable()}>
        <p>
          {t(onTrial() ? "catalog.afterTrial" : renews() ? "catalog.costs" : "catalog.costsOnly", said())}
        </p>
        <p class="min-h-6 font-medium" aria-live="polite">
          {first()}
        </p>
      </Show>
    </ConfirmDialog>
  );
}
