import { flatten } from "@solid-primitives/i18n";
import { describe, expect, it } from "vitest";
import { chooseLanguage, known, language, locale, startLanguage, t, tn } from "../src/i18n";
import de from "../src/i18n/de";
import en from "../src/i18n/en";
import es from "../src/i18n/es";
import fr from "../src/i18n/fr";
import it_ from "../src/i18n/it";
import nl from "../src/i18n/nl";
import refusals from "../src/i18n/en/refusals";
import { loadRefusals, refusalWords } from "../src/i18n/refusals";
import openapi from "../openapi.json";

const phrases = (words: object) =>
  Object.entries(flatten(words as Record<string, string>)).filter(([, phrase]) => typeof phrase === "string");
const holes = (phrase: unknown) =>
  [...String(phrase).matchAll(/\{\{ (\w+) \}\}/g)].map((hole) => hole[1]).toSorted();

describe.each(Object.entries({ nl, de, fr, es, it: it_ }))("the dictionary %s", (_code, words) => {
  it("has the keys of English, each with words", () => {
    expect(phrases(words).map(([key]) => key)).toEqual(phrases(en).map(([key]) => key));
    expect(phrases(words).filter(([, phrase]) => String(phrase).trim() === "")).toEqual([]);
  });

  it("leaves the same holes to fill", () => {
    const english = Object.fromEntries(phrases(en));
    const different = phrases(words).filter(
      ([key, phrase]) => holes(phrase).join() !== holes(english[key]).join(),
    );
    expect(different).toEqual([]);
  });
});

describe("what the server refuses", () => {
  it("has a sentence for each code that the API names, and for no other", () => {
    expect(Object.keys(refusals.refusal).toSorted()).toEqual(
      openapi.components.schemas.RefusalCode.enum.toSorted(),
    );
  });

  it("is said in the reader's language, with its day and state", async () => {
    await chooseLanguage("de");
    await loadRefusals();
    expect(refusalWords({ code: "wrong_status", values: { status: "cancelling" } })).toBe(
      "Das ist nicht mehr möglich; der Status ist: Läuft aus. Laden Sie die Seite neu.",
    );
    expect(refusalWords({ code: "term_runs", values: { day: "2026-12-31" } })).toContain("31.12.2026");
    expect(refusalWords({ code: "invented_tomorrow" })).toBeUndefined();
  });
});

describe("the chosen language", () => {
  it("changes words, plural, page language and formats, and is remembered", async () => {
    await chooseLanguage("de");
    expect(t("nav.invoices")).toBe("Rechnungen");
    expect(tn("invoices.count", 1)).toBe("1 Dokument");
    expect(tn("invoices.count", 1200)).toBe("1.200 Dokumente");
    expect(document.documentElement.lang).toBe("de");
    expect(locale()).toBe("de-DE");
    expect(startLanguage()).toBe("de");
  });

  it("is English where the browser speaks none of ours", () => {
    localStorage.setItem("scaicontrol.language", "xx");
    expect(startLanguage()).toBe("en");
    expect(language()).toBe("en");
  });

  it("knows which names of the server it has words for", () => {
    expect(known("timeline.subscription_activated")).toBe(true);
    expect(known("timeline.subscription_teleported")).toBe(false);
  });
});
