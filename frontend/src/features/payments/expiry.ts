import type { Schemas } from "../../api/client";
import { fmt } from "../../i18n/format";

const WARN_MONTHS = 2;

/** When a card ends, and whether that is soon or past: it is good to the end of the month it names. */
export function expiry(
  of: Pick<Schemas["PaymentMethodOut"], "expires_month" | "expires_year">,
  now: Date,
): { month: string; soon: boolean; past: boolean } | null {
  const { expires_month: month, expires_year: year } = of;
  if (month === null || year === null) return null;
  const left = (year - now.getFullYear()) * 12 + month - (now.getMonth() + 1);
  return { month: fmt.month(year, month), soon: left < WARN_MONTHS, past: left < 0 };
}

/** Whether nothing can be charged to it any more. */
export const isPast = (of: Parameters<typeof expiry>[0], now = new Date()) => expiry(of, now)?.past ?? false;
