import { describe, expect, it } from "vitest";
import { options } from "../src/designer/options";
import { canonical, isShared, layoutOf, type Stored, wordsOf, written } from "../src/designer/words";

const language = (name: string | null, html: string): Stored => ({
  language: name,
  version: 1,
  published_version: null,
  subject: "",
  html,
  css: "",
  untranslated: [],
});
const page = (words: string, key: string) =>
  `<h1><span data-inv="kept" data-key="${key}" title="x"></span></h1><div data-inv="text"><p>${words}</p></div>`;

describe("the designer", () => {
  it("tells nobody that it is used and loads nothing from elsewhere", () => {
    expect(options(false)).toMatchObject({ telemetry: false, cssIcons: "", storageManager: false });
  });

  it("takes languages that differ in their words alone for one layout", () => {
    const [english, german] = [language("en", page("Hello", "en-0")), language("de", page("Hallo", "de-0"))];
    expect(isShared(english, german)).toBe(true);
    expect(isShared(english, language("fr", `<p>Salut</p>${page("Salut", "fr-0")}`))).toBe(false);
    expect(wordsOf(german.html)).toEqual(["<p>Hallo</p>"]);
  });

  it("writes a language with its own words and its own kept pieces", () => {
    const [english, german] = [page("Hello", "en-0"), page("Hallo", "de-3")];
    const keys = new Map([[layoutOf(english).keys[0] ?? "", layoutOf(german).keys[0] ?? ""]]);
    expect(written(english, wordsOf(german), keys)).toBe(german);
    expect(written(english, [undefined])).toBe(english);
  });

  it("reads two spellings of one page as the same", () => {
    const one = '<table><tbody> <tr><td class="a" style="color: red; width: 1px">x</td></tr></tbody></table>';
    const other = '<table><tbody><tr><td style="width:1px;color:red" class="a">x</td></tr></tbody></table>';
    expect(canonical(one)).toBe(canonical(other));
    expect(canonical("<p>a <b>b</b></p>")).not.toBe(canonical("<p>a<b>b</b></p>"));
  });
});
