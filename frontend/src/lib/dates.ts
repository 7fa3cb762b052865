import type { DateStyle, Formats } from "./choices";
import { dateFormat, relativeFormat } from "./intl";

const DAY = 86_400_000;
const CIVIL = /^\d{4}-\d{2}-\d{2}$/;

const NUMERIC = { year: "numeric", month: "2-digit", day: "2-digit" } as const;

/**
 * A civil date ("2026-11-01") or a moment, as a day. A civil date is read and written in UTC: in the reader's own
 * zone everybody west of Greenwich would see the day before.
 */
export function day(locale: string, iso: string, chosen: Formats = {}): string {
  return written(locale, new Date(iso), CIVIL.test(iso) ? "UTC" : chosen.zone, chosen.days);
}

export function moment(locale: string, iso: string, chosen: Formats = {}): string {
  if (chosen.days && chosen.days !== "words")
    return `${day(locale, iso, chosen)}, ${time(locale, iso, chosen)}`;
  return dateFormat(locale, { dateStyle: "medium", timeStyle: "short", ...zoned(chosen.zone) }).format(
    new Date(iso),
  );
}

/** The hour of a moment, where the day stands beside it. */
export function time(locale: string, iso: string, chosen: Formats = {}): string {
  return dateFormat(locale, { timeStyle: "short", ...zoned(chosen.zone) }).format(new Date(iso));
}

const zoned = (zone: string | undefined) => (zone === undefined ? {} : { timeZone: zone });

function written(locale: string, at: Date, zone: string | undefined, style: DateStyle = "words"): string {
  if (style === "words") return dateFormat(locale, { dateStyle: "medium", ...zoned(zone) }).format(at);
  const parts = dateFormat("en-GB", { ...NUMERIC, ...zoned(zone) }).formatToParts(at);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  const numbers = [of("day"), of("month"), of("year")];
  if (style === "iso") return numbers.toReversed().join("-");
  return numbers.join(style === "dots" ? "." : "/");
}

/** The reader's own day as a civil date. */
export function today(now: number): string {
  const at = new Date(now);
  return new Date(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate())).toISOString().slice(0, 10);
}

/** The day of a moment where the seller is: periods begin and end at midnight there. */
export function dayIn(locale: string, iso: string, zone: string, chosen: Formats = {}): string {
  return written(locale, new Date(iso), CIVIL.test(iso) ? "UTC" : zone, chosen.days);
}

/** A half-open period as people say it: the civil days of the seller's zone, its last one before `end`. */
export function period(
  locale: string,
  start: string,
  end: string,
  zone: string,
  chosen: Formats = {},
): string {
  const [first, last] = [new Date(start), new Date(Math.max(Date.parse(start), Date.parse(end) - 1))];
  if (chosen.days && chosen.days !== "words") {
    const days = [first, last].map((at) => written(locale, at, zone, chosen.days));
    return [...new Set(days)].join(" – ");
  }
  return dateFormat(locale, { dateStyle: "medium", timeZone: zone }).formatRange(first, last);
}

/** "in 12 days", "yesterday", "2 months ago"; whole civil days for a date, the nearest unit for a moment. */
export function relative(locale: string, iso: string, now: number): string {
  const format = relativeFormat(locale);
  if (CIVIL.test(iso)) {
    return inDays(format, (Date.parse(iso) - Date.parse(today(now))) / DAY);
  }
  const minutes = Math.round((Date.parse(iso) - now) / 60_000);
  if (Math.abs(minutes) < 60) return format.format(minutes, "minute");
  const hours = Math.round(minutes / 60);
  return Math.abs(hours) < 24 ? format.format(hours, "hour") : inDays(format, Math.round(hours / 24));
}

/** How much of a period has passed, 0 to 1. */
export function elapsed(start: string, end: string, now: number): number {
  const length = Date.parse(end) - Date.parse(start);
  return length > 0 ? Math.min(1, Math.max(0, (now - Date.parse(start)) / length)) : 1;
}

function inDays(format: Intl.RelativeTimeFormat, days: number): string {
  if (Math.abs(days) < 60) return format.format(days, "day");
  const months = Math.round(days / 30.44);
  return Math.abs(months) < 24
    ? format.format(months, "month")
    : format.format(Math.round(months / 12), "year");
}

/** A month of a year, as a card names it. */
export function month(locale: string, year: number, number: number): string {
  return dateFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    Date.UTC(year, number - 1, 1),
  );
}
