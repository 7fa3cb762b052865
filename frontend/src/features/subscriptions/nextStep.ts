import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";

/** What happens to it next, in one short line: renewal, end of the trial, end. Null when only its status can tell. */
export function nextStep(subscription: Schemas["SubscriptionOut"]): string | null {
  const { status } = subscription;
  if (status === "trialing" && subscription.trial_ends_at)
    return t("subscriptions.trialUntil", { date: fmt.day(subscription.trial_ends_at) });
  if (status === "cancelling" && subscription.pending_cancellation_at)
    return t("subscriptions.endsOn", { date: fmt.sellerDay(subscription.pending_cancellation_at) });
  if (status === "cancelled" || status === "expired") {
    const end = subscription.cancelled_at ?? subscription.term_ends_at;
    return end ? t("subscriptions.endedOn", { date: fmt.day(end) }) : null;
  }
  if (status === "active" && subscription.current_period_end && subscription.billing_period !== "one_time")
    return t("subscriptions.renewsOn", { date: fmt.sellerDay(subscription.current_period_end) });
  return null;
}
