import { decimal, exponent } from "../../lib/money";

/** Minor units of an amount as people type it, "50", "50.5" or "50,50"; null for what is no positive amount. */
export function minorUnits(text: string, currency: string): number | null {
  const digits = exponent(currency);
  const found = /^(\d{1,11})(?:[.,](\d+))?$/.exec(text.trim());
  const fraction = found?.[2] ?? "";
  if (!found || fraction.length > digits) return null;
  const cents = Number(`${found[1]}${fraction.padEnd(digits, "0")}`);
  return Number.isSafeInteger(cents) && cents > 0 ? cents : null;
}

export const typed = (cents: number, currency: string) => decimal(cents, currency);
