import { describe, expect, it } from "vitest";
import { grapesjs } from "grapesjs";
import { options } from "../src/designer/options";
import { type Block, teach } from "../src/designer/types";
import {
  canonical,
  isFaithful,
  isShared,
  layoutOf,
  type Stored,
  wordsOf,
  written,
} from "../src/designer/words";

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

const block = (name: string): Block => ({
  name,
  label: name,
  element: "div",
  is_required: false,
  choices: [],
});
const NAMES = ["text", "field", "logo", "buyer", "seller", "facts", "lines", "totals", "notes", "footer"];
// What leaves the server: blocks, the pieces it kept, words with spaces between, styles, entities.
const PAGES = [
  '<div data-inv="logo" class="sc-logo"></div><h1><span data-inv="field" data-path="labels.invoice"></span></h1>' +
    '<table class="sc-parties"><tbody><tr><td data-inv="buyer"></td><td data-inv="seller"></td></tr></tbody></table>' +
    '<div data-inv="lines" data-cols="description,amount"></div><div data-inv="text"><p></p></div>',
  '<h1><span data-inv="kept" data-key="en-0" title="labels.invoice"></span> <span data-inv="kept" data-key="en-1"></span></h1>\n' +
    '<div data-inv="kept" data-key="en-2" title="for line in lines"></div>\n<p>a &amp; &lt; <b>b</b> <i>c</i>, d</p>',
  '<p style="color: red; margin-top: 2mm">x<br>y</p><ul><li>one</li><li>two <a href="https://example.com">z</a></li></ul>' +
    '<img src="data:image/png;base64,AAAA" alt="A" width="20"><div data-if="is_due"><p>due</p></div>',
];

describe("the designer", () => {
  it("says every page as it was told it", () => {
    const editor = grapesjs.init({
      ...options(false),
      headless: true,
      plugins: [(made) => teach(made, NAMES.map(block), [], new Map())],
    });
    for (const told of PAGES) {
      editor.setComponents(told);
      const said = editor.getHtml().replace(/^<body[^>]*>|<\/body>$/g, "");
      expect(canonical(said)).toBe(canonical(told));
    }
    editor.destroy();
  });

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

  it("warns of no page that only shows the words of another language", () => {
    const dutch = { ...language("nl", page("Bonjour", "nl-0")), untranslated: [0] };
    expect(isFaithful(page("Hello", "nl-0"), dutch)).toBe(true);
    expect(isFaithful(page("Hello", "nl-0"), { ...dutch, untranslated: [] })).toBe(false);
    expect(isFaithful(`<p>${page("Hello", "nl-0")}</p>`, dutch)).toBe(false);
  });

  it("reads two spellings of one page as the same", () => {
    const one = '<table><tbody> <tr><td class="a" style="color: red; width: 1px">x</td></tr></tbody></table>';
    const other = '<table><tbody><tr><td style="width:1px;color:red" class="a">x</td></tr></tbody></table>';
    expect(canonical(one)).toBe(canonical(other));
    expect(canonical("<p>a <b>b</b></p>")).not.toBe(canonical("<p>a<b>b</b></p>"));
  });
});
