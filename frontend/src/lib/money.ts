import type { Formats, NumberStyle } from "./choices";
import { numberFormat } from "./intl";

const SEPARATORS: Record<NumberStyle, { group: string; decimal: string }> = {
  comma_point: { group: ",", decimal: "." },
  point_comma: { group: ".", decimal: "," },
  space_comma: { group: "\u202f", decimal: "," },
  apostrophe_point: { group: "’", decimal: "." },
};

const UNUSUAL_EXPONENTS: readonly (readonly [number, string])[] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
];
const EXPONENTS = new Map(
  UNUSUAL_EXPONENTS.flatMap(([digits, codes]) => codes.split(" ").map((code) => [code, digits] as const)),
);

/**
 * How many digits a currency has after the point, by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD. Not what Intl says:
 * that follows CLDR, which rounds for daily use (HUF has no digits there), and amounts are kept by ISO 4217.
 */
export function exponent(currency: string): number {
  return EXPONENTS.get(currency) ?? 2;
}

/**
 * Writes whole minor units as a decimal string by moving the point, so that no amount passes through a fraction.
 * Throws a RangeError for a number that JSON could not have carried exactly.
 */
export function decimal(cents: number, currency: string): string {
  if (!Number.isSafeInteger(cents)) throw new RangeError(`Not a whole amount of minor units: ${cents}.`);
  const digits = exponent(currency);
  const sign = cents < 0 ? "-" : "";
  const units = String(Math.abs(cents)).padStart(digits + 1, "0");
  return digits === 0 ? sign + units : `${sign}${units.slice(0, -digits)}.${units.slice(-digits)}`;
}

export function money(locale: string, cents: number, currency: string, chosen?: Formats): string {
  const digits = exponent(currency);
  return quantity(locale, decimal(cents, currency), chosen, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Formats a decimal string exactly: quantities and rates arrive as strings and stay strings. */
export function quantity(
  locale: string,
  value: string,
  chosen: Formats = {},
  options: Intl.NumberFormatOptions = { maximumFractionDigits: 6 },
): string {
  const exact = value as Intl.StringNumericLiteral;
  if (!chosen.numbers) return numberFormat(locale, options).format(exact);
  const separators = SEPARATORS[chosen.numbers];
  return numberFormat(locale, { ...options, useGrouping: "always" })
    .formatToParts(exact)
    .map(({ type, value: text }) => (type === "group" || type === "decimal" ? separators[type] : text))
    .join("");
}

/** "21.00" as "21%" in the manner of the locale, without dividing by a hundred. */
export function percent(locale: string, value: string, chosen?: Formats): string {
  return quantity(locale, value, chosen, { style: "unit", unit: "percent", maximumFractionDigits: 2 });
}
