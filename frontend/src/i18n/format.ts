import * as dates from "../lib/dates";
import * as amounts from "../lib/money";
import { regionNames } from "../lib/intl";
import { sellerZone } from "../lib/sellerZone";
import { locale } from ".";

/** The formats of lib/, in the reader's locale; inside JSX they follow a change of language. */
export const fmt = {
  money: (cents: number, currency: string) => amounts.money(locale(), cents, currency),
  quantity: (value: string | number) => amounts.quantity(locale(), String(value)),
  percent: (value: string) => amounts.percent(locale(), value),
  day: (iso: string) => dates.day(locale(), iso),
  moment: (iso: string) => dates.moment(locale(), iso),
  sellerDay: (iso: string) => dates.dayIn(locale(), iso, sellerZone()),
  period: (start: string, end: string) => dates.period(locale(), start, end, sellerZone()),
  month: (year: number, month: number) => dates.month(locale(), year, month),
  relative: (iso: string) => dates.relative(locale(), iso, Date.now()),
  country: (code: string) => regionNames(locale()).of(code) ?? code,
};
