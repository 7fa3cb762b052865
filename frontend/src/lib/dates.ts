import { dateFormat, relativeFormat } from "./intl";

const DAY = 86_400_000;
const CIVIL = /^\d{4}-\d{2}-\d{2}$/;

/**
 * A civil date ("2026-11-01") or a moment, as a day. A civil date is read and written in UTC: in the reader's own
 * zone everybody west of Greenwich would see the day before.
 */
export function day(locale: string, iso: string): string {
  const zone = CIVIL.test(iso) ? { timeZone: "UTC" } : {};
  return dateFormat(locale, { dateStyle: "medium", ...zone }).format(new Date(iso));
}

export function moment(locale: string, iso: string): string {
  return dateFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

/** The reader's own day as a civil date. */
export function today(now: number): string {
  const at = new Date(now);
  return new Date(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate())).toISOString().slice(0, 10);
}

/** The day of a moment where the seller is: periods begin and end at midnight there. */
export function dayIn(locale: string, iso: string, zone: string): string {
  return dateFormat(locale, { dateStyle: "medium", timeZone: CIVIL.test(iso) ? "UTC" : zone }).format(
    new Date(iso),
  );
}

/** A half-open period as people say it: the civil days of the seller's zone, its last one before `end`. */
export function period(locale: string, start: string, end: string, zone: string): string {
  const format = dateFormat(locale, { dateStyle: "medium", timeZone: zone });
  return format.formatRange(new Date(start), new Date(Math.max(Date.parse(start), Date.parse(end) - 1)));
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
