import type { Schemas } from "../api/client";
import { t } from "../i18n";

type Status = Schemas["SubscriptionStatus"] | Schemas["InvoiceStatus"];
type Tone = "good" | "info" | "warn" | "bad" | "quiet";

const TONE: Record<Status, Tone> = {
  pending: "info",
  trialing: "info",
  active: "good",
  past_due: "bad",
  cancelling: "warn",
  suspended: "bad",
  cancelled: "quiet",
  expired: "quiet",
  draft: "quiet",
  finalized: "info",
  sent: "info",
  paid: "good",
  void: "quiet",
};

/** A status is always a word; its colour only repeats it. */
export const StatusBadge = (props: { status: Status }) => (
  <Badge tone={TONE[props.status]}>{t(`status.${props.status}`)}</Badge>
);

export const Badge = (props: { tone: Tone; children: string }) => (
  <span class={`tone tone-${props.tone}`}>{props.children}</span>
);
