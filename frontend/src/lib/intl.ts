// Making an Intl object costs far more than using one, so each combination is made once.
const made = new Map<string, unknown>();

function once<T>(key: string, make: () => T): T {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}

export const numberFormat = (locale: string, options: Intl.NumberFormatOptions) =>
  once(`n ${locale} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options));

export const dateFormat = (locale: string, options: Intl.DateTimeFormatOptions) =>
  once(`d ${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options));

export const relativeFormat = (locale: string) =>
  once(`r ${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));

export const pluralRules = (locale: string) => once(`p ${locale}`, () => new Intl.PluralRules(locale));

export const regionNames = (locale: string) =>
  once(`c ${locale}`, () => new Intl.DisplayNames(locale, { type: "region" }));
