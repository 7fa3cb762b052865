import { useNavigate } from "@solidjs/router";
import { createSignal, createUniqueId, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useSubscribe } from "../../api/mutations";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toasts";

const MOST = 1_000_000;

/** How many, what a period costs, and what a trial costs after it; then the subscription's own page. */
export function SubscribeDialog(props: {
  plan: Schemas["OfferedPlanOut"];
  service: string;
  onClose: () => void;
}) {
  const field = createUniqueId();
  const navigate = useNavigate();
  const subscribe = useSubscribe();
  const [quantity, setQuantity] = createSignal(1);
  // What is typed may be nothing for a moment.
  const sellable = () => Number.isInteger(quantity()) && quantity() >= 1 && quantity() <= MOST;
  const price = () =>
    fmt.money(
      props.plan.effective_price_cents * (sellable() ? quantity() : 1),
      props.plan.effective_currency,
    );
  const said = () => ({
    amount: price(),
    interval: t(`interval.${props.plan.billing_period}`),
    days: String(props.plan.trial_days),
  });
  const onTrial = () => props.plan.trial_days > 0;
  // What is paid once, or ends with its term, does not renew by itself.
  const renews = () => props.plan.billing_period !== "one_time" && props.plan.term_months === null;

  const confirm = async (key: string) => {
    const done = t("catalog.subscribed", { service: props.service, plan: props.plan.name });
    let made: Schemas["SubscribedOut"];
    try {
      made = await subscribe.mutateAsync({ key, plan_id: props.plan.id, quantity: quantity() });
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
      confirm={onTrial() ? t("catalog.startTrial") : t("catalog.confirm", said())}
      cancel={t("catalog.back")}
      busy={subscribe.isPending || !sellable()}
      error={subscribe.error}
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
      <Show when={sellable()}>
        <p>
          {t(onTrial() ? "catalog.afterTrial" : renews() ? "catalog.costs" : "catalog.costsOnly", said())}
        </p>
      </Show>
    </ConfirmDialog>
  );
}
