import { describe, expect, it } from "vitest";
import { decimal, exponent, money, percent, quantity } from "../src/lib/money";
import currencies from "./currencies.json";

/** Intl separates with spaces that do not break. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u2009\u202f]/g, " ");

describe("an amount in minor units", () => {
  it.each([
    [0, "EUR", "0.00"],
    [7, "EUR", "0.07"],
    [-7, "EUR", "-0.07"],
    [123_456, "EUR", "1234.56"],
    [-100, "EUR", "-1.00"],
    [1234, "JPY", "1234"],
    [5, "KWD", "0.005"],
    [Number.MAX_SAFE_INTEGER, "EUR", "90071992547409.91"],
  ])("%d %s becomes %s", (cents, currency, text) => {
    expect(decimal(cents, currency)).toBe(text);
  });

  it.each([
    ["en-GB", 123_450, "EUR", "€1,234.50"],
    ["de-DE", 123_450, "EUR", "1.234,50 €"],
    ["nl-NL", -1500, "EUR", "€ -15,00"],
    ["en-US", 1200, "JPY", "¥1,200"],
    ["en-US", Number.MAX_SAFE_INTEGER, "USD", "$90,071,992,547,409.91"],
  ])("reads in %s", (locale, cents, currency, text) => {
    expect(plain(money(locale, cents, currency))).toBe(text);
  });

  it.each([0.5, Number.NaN, 2 ** 53])("refuses %d, which is not one", (cents) => {
    expect(() => decimal(cents, "EUR")).toThrow(RangeError);
  });
});

// Every currency that scaicontrol/core/money.py takes, with its digits.
describe.each(Object.entries(currencies))("%s", (currency, digits) => {
  it("has the digits of ISO 4217, and no language shows it with others", () => {
    expect(exponent(currency)).toBe(digits);
    for (const locale of ["en-GB", "nl-NL", "de-DE", "fr-FR", "es-ES", "it-IT"]) {
      const shown = [...money(locale, 123_456, currency)].filter((sign) => /\d/.test(sign)).join("");
      expect(shown).toBe("123456");
      const parts = new RegExp(`^\\D*\\d{1,3}(\\D?\\d{3})*${digits > 0 ? `[.,]\\d{${digits}}` : ""}\\D*$`);
      expect(plain(money(locale, 123_456, currency))).toMatch(parts);
    }
  });
});

describe("a decimal string", () => {
  it("keeps every digit of a quantity", () => {
    expect(quantity("en-GB", "123456789012345678.000001")).toBe("123,456,789,012,345,678.000001");
  });

  it("becomes a percentage without being divided", () => {
    expect(percent("en-GB", "21.00")).toBe("21%");
    expect(plain(percent("fr-FR", "5.50"))).toBe("5,5 %");
  });
});

describe("the separators somebody chose", () => {
  it.each([
    ["comma_point", "€ 1,234,567.89"],
    ["point_comma", "€ 1.234.567,89"],
    ["space_comma", "€ 1 234 567,89"],
    ["apostrophe_point", "€ 1’234’567.89"],
  ] as const)("%s hold in every language, and the currency stays where it is", (numbers, shown) => {
    expect(plain(money("nl-NL", 123_456_789, "EUR", { numbers }))).toBe(shown);
  });

  it("divide thousands also where the language would not", () => {
    expect(quantity("es-ES", "1234.5", { numbers: "point_comma" })).toBe("1.234,5");
  });
});
