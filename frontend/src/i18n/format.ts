import { formats } from "../lib/choices";
import * as dates from "../lib/dates";
import * as amounts from "../lib/money";
import { regionNames } from "../lib/intl";
import { sellerZone } from "../lib/sellerZone";
import { locale } from ".";

/** The formats of lib/, in the reader's locale and as the reader chose; inside JSX they follow a change of language. */
export const fmt = {
  money: (cents: number, currency: string) => amounts.money(locale(), cents, currency, formats()),
  quantity: (value: string | number) => amounts.quantity(locale(), String(value), formats()),
  percent: (value: string) => amounts.percent(locale(), value, formats()),
  day: (iso: string) => dates.day(locale(), iso, formats()),
  moment: (iso: string) => dates.moment(locale(), iso, formats()),
  time: (iso: string) => dates.time(locale(), iso, formats()),
  utcDay: (iso: string) => dates.dayIn(locale(), iso, "UTC", formats()),
  sellerDay: (iso: string) => dates.dayIn(locale(), iso, sellerZone(), formats()),
  period: (start: string, end: string) => dates.period(locale(), start, end, sellerZone(), formats()),
  month: (year: number, month: number) => dates.month(locale(), year, month),
  relative: (iso: string) => dates.relative(locale(), iso, Date.now()),
  country: (code: string) => regionNames(locale()).of(code) ?? code,
};
