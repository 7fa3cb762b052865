// One layout, the words of each language: which languages share a layout, and what each of them says in its texts.

export interface Stored {
  language: string | null;
  version: number;
  published_version: number | null;
  subject: string;
  html: string;
  css: string;
  untranslated: number[];
}

export const keyOf = (language: string | null) => language ?? "any";

const TEXT = '[data-inv="text"]';
const KEPT = '[data-inv="kept"]';

export const parsed = (html: string) => new DOMParser().parseFromString(`<body>${html}`, "text/html").body;

const textsOf = (body: HTMLElement) => [...body.querySelectorAll<HTMLElement>(TEXT)];
const holesOf = (body: HTMLElement) => [...body.querySelectorAll<HTMLElement>(KEPT)];

/** What every text of a language says, in the order of the page. */
export const wordsOf = (html: string) => textsOf(parsed(html)).map((text) => text.innerHTML);

/** The page with its texts emptied, the keys of its kept pieces, and a form that two languages can be compared by. */
export function layoutOf(html: string) {
  const body = parsed(html);
  for (const text of textsOf(body)) text.replaceChildren();
  const keys = holesOf(body).map((hole) => hole.dataset["key"] ?? "");
  holesOf(body).forEach((hole, at) => {
    hole.dataset["key"] = `${at}`;
    hole.removeAttribute("title");
  });
  return { keys, form: canonical(body.innerHTML) };
}

/** Whether two languages differ in their words alone. */
export const isShared = (one: Stored, other: Stored) =>
  one.css === other.css && layoutOf(one.html).form === layoutOf(other.html).form;

/** Writes the page of a language: its words in the layout, and its own kept pieces where the layout's stand. */
export function written(layout: string, words: (string | undefined)[], keys?: Map<string, string>): string {
  const body = parsed(layout);
  const texts = textsOf(body);
  for (const hole of holesOf(body)) {
    const own = keys?.get(hole.dataset["key"] ?? "");
    if (own && !hole.closest(TEXT)) hole.dataset["key"] = own;
  }
  texts.forEach((text, at) => {
    const said = words[at];
    if (said !== undefined) text.innerHTML = said;
  });
  return body.innerHTML;
}

/** Whether the canvas says a stored page as it was written; what is not translated shows another language's words. */
export function isFaithful(page: string, one: Stored): boolean {
  const own = wordsOf(one.html).map((text, at) => (one.untranslated.includes(at) ? text : undefined));
  return canonical(written(page, own)) === canonical(one.html);
}

const LOOSE = new Set(["BODY", "TABLE", "THEAD", "TBODY", "TFOOT", "TR", "COLGROUP", "UL", "OL", "DL"]);

/** HTML in one of its many spellings: attributes and styles in order, no space where none is printed. */
export function canonical(html: string): string {
  const say = (node: Node): string => {
    if (node instanceof Text) {
      const isLoose = LOOSE.has(node.parentElement?.tagName ?? "") && !node.data.trim();
      return isLoose ? "" : node.data.replace(/[ \t\r\n]+/g, " ");
    }
    if (!(node instanceof HTMLElement)) return "";
    const attributes = [...node.attributes]
      .filter((one) => one.value || one.name.startsWith("data-"))
      .filter((one) => one.name !== "title" || node.dataset["inv"] !== "kept")
      .map((one) => `${one.name}=${one.name === "style" ? styleOf(node) : one.value}`)
      .toSorted();
    return `<${[node.tagName, ...attributes].join(" ")}>${[...node.childNodes].map(say).join("")}</>`;
  };
  return [...parsed(html).childNodes].map(say).join("");
}

const styleOf = (element: HTMLElement) =>
  [...element.style]
    .map((name) => `${name}:${element.style.getPropertyValue(name)}`)
    .toSorted()
    .join(";");
