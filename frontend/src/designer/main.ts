import { type Component, grapesjs } from "grapesjs";
import "grapesjs/dist/css/grapes.min.css";
import "./designer.css";
import { CANVAS_STYLE } from "./canvas";
import { options } from "./options";
import { find, here, keepNamed, type Refusal, sender, speak } from "./page";
import { speakWith, worded } from "./sentences";
import { type Block, type Field, teach } from "./types";
import { isFaithful, isShared, keyOf, layoutOf, parsed, type Stored, wordsOf, written } from "./words";

interface Config {
  name: string;
  document_type: string;
  owner_partner_id: string;
  is_mail: boolean;
  form_token: string;
  language: string | null;
  known_languages: string[];
  languages: Stored[];
  blocks: Block[];
  fields: Field[];
  looks: string;
  words: Record<string, string>;
}

const PAGE_RULE = /@page\s*\{\s*size:\s*(a4|letter)\s*;?\s*\}\n?/i;
const config = JSON.parse(find("designer-config").textContent ?? "{}") as Config;

speakWith(config.words);
const send = sender(config.form_token);

const first = config.languages.find((one) => one.language === config.language) ?? config.languages[0]!;
const shared = config.languages.filter((one) => one === first || isShared(first, one));
const apart = config.languages.filter((one) => !shared.includes(one));
const stored = new Map(shared.map((one) => [keyOf(one.language), one]));
const subjects = new Map(shared.map((one) => [keyOf(one.language), one.subject]));
const css = find<HTMLTextAreaElement>("d-css");
css.value = first.css;
let shown = keyOf(first.language);

const looks = new DOMParser().parseFromString(config.looks, "text/html");
const lookOf = new Map(
  config.blocks.map((block) => [
    block.name,
    looks.querySelector(`#look-${block.name} > div`)?.innerHTML ?? "",
  ]),
);
for (const [name, html] of lookOf) if (!html) lookOf.delete(name);
const documentStyle = [...looks.querySelectorAll("style")].map((style) => style.textContent).join("\n");

const editor = grapesjs.init({
  ...options(config.is_mail),
  container: "#d-canvas",
  canvasCss: `${documentStyle}\n${CANVAS_STYLE}`,
  plugins: [(made) => teach(made, config.blocks, config.fields, lookOf)],
});

// ---- The words of each language, by text

const words = new Map<string, Map<string, string>>(); // component id → language → what it says
const texts = () => (editor.getWrapper()?.findType("inv-text") ?? []) as Component[];
const inner = (text: Component) => text.getInnerHTML();
const drawnAs = new Map<string, string>(); // component id → what was put on the canvas for `shown`

/** Takes what was typed on the canvas as the words of the language it shows; what nobody touched stays as it is. */
function collect(): void {
  for (const text of texts()) {
    const of = words.get(text.getId()) ?? new Map<string, string>();
    words.set(text.getId(), of);
    const now = inner(text);
    if (of.size === 0 || now !== drawnAs.get(text.getId())) of.set(shown, now);
    drawnAs.set(text.getId(), now);
  }
}

const base = keyOf(first.language);
const said = (text: Component, language: string) => words.get(text.getId())?.get(language);
const orElse = (text: Component) =>
  said(text, base) ?? [...(words.get(text.getId())?.values() ?? [])][0] ?? inner(text);

function show(language: string): void {
  shown = language;
  editor.UndoManager.skip(() => {
    for (const text of texts()) {
      const wanted = said(text, language) ?? orElse(text);
      if (wanted !== inner(text)) text.components(wanted);
      drawnAs.set(text.getId(), inner(text));
      text.view?.el.classList.toggle("sc-lacks", said(text, language) === undefined);
    }
  });
}

/** Writes the page of one language from what is on the canvas. */
function pageOf(language: string): string {
  const page = editor.getHtml().replace(/^<body[^>]*>|<\/body>$/g, "");
  const all = texts().map((text) => said(text, language) ?? orElse(text));
  const other = stored.get(language);
  const from = layoutOf(first.html).keys;
  const to = other ? layoutOf(other.html).keys : from;
  return written(page, all, new Map(from.map((key, at) => [key, to[at] ?? key])));
}

const lacking = (language: string) =>
  texts().flatMap((text, at) => (said(text, language) === undefined ? [at] : []));

// ---- What the server gets

const atFirst = new Map<string, string>();
let typedIn: { disableEditing(): Promise<void> } | undefined;
editor.on("rte:enable", (view: typeof typedIn) => (typedIn = view));
const spelled = () => new Map([...stored.keys()].map((language) => [language, pageOf(language)]));

/** Takes over what is being typed: the editor itself does it some time after the text is left. */
async function settled(): Promise<void> {
  await typedIn?.disableEditing();
  typedIn = undefined;
  collect();
}

function work(languages: string[]): string {
  const all = languages.map((language) => {
    const known = stored.get(language)!;
    const page = pageOf(language);
    const untouched = page === atFirst.get(language);
    return {
      language: known.language,
      version: known.version,
      subject: config.is_mail ? (subjects.get(language) ?? "") : null,
      html_content: untouched ? known.html : page,
      css_content: css.value,
      untranslated: lacking(language),
    };
  });
  const { name, document_type, owner_partner_id } = config;
  return JSON.stringify({ name, document_type, owner_partner_id, languages: all });
}

const isChanged = () =>
  css.value !== first.css ||
  [...stored].some(
    ([language, one]) =>
      one.version === 0 ||
      pageOf(language) !== atFirst.get(language) ||
      subjects.get(language) !== one.subject ||
      lacking(language).join() !== one.untranslated.join(),
  );

async function store(act: "save" | "publish"): Promise<void> {
  await settled();
  if (act === "publish" && isChanged()) return speak(worded("Save first: published is what was saved last."));
  speak(act === "save" ? worded("Saving…") : worded("Publishing…"));
  if (!(await send("", { act, work: work([...stored.keys()]) }))) return;
  editor.clearDirtyCount();
  const address = new URLSearchParams({ name: config.name, type: config.document_type });
  if (config.owner_partner_id) address.set("owner", config.owner_partner_id);
  const language = stored.get(shown)?.language;
  if (language) address.set("lang", language);
  location.assign(`${here}?${address}`); // The kept pieces have new keys, the page a new token.
}

let pdf = "";
async function look(): Promise<void> {
  await settled();
  speak(worded("Rendering…"));
  const invoice = find<HTMLInputElement>("d-invoice").value;
  const answer = await send("/preview", { work: work([shown]), invoice_id: invoice });
  if (!answer) return;
  speak(worded("Below is how it will look."));
  const frame = find<HTMLIFrameElement>("d-look");
  frame.hidden = false;
  if (answer.headers.get("content-type")?.includes("json")) {
    const mail = (await answer.json()) as { html: string; subject: string };
    frame.setAttribute("sandbox", "");
    frame.srcdoc = mail.html;
    find("d-missing").textContent = worded("Subject: {subject}", { subject: mail.subject });
  } else {
    if (pdf) URL.revokeObjectURL(pdf);
    pdf = URL.createObjectURL(await answer.blob());
    frame.src = pdf;
    const missing = JSON.parse(answer.headers.get("x-missing") ?? "[]") as string[];
    find("d-missing").textContent = missing.length
      ? worded("To go live it lacks: {missing}", { missing: missing.join(" ") })
      : "";
  }
  isLive = true;
}

// ---- The page around the canvas

let isLive = false; // once looked at, it follows what is drawn
let waiting: ReturnType<typeof setTimeout> | undefined;
editor.on("update", () => {
  clearTimeout(waiting);
  if (isLive && !editor.getEditing()) waiting = setTimeout(() => void look(), 1500);
});

const languageSelect = find<HTMLSelectElement>("d-language");
const addSelect = find<HTMLSelectElement>("d-add");
const option = (value: string, label: string) => new Option(label, value);

function tell(): void {
  collect();
  languageSelect.replaceChildren(
    ...[...stored.keys()].map((language) =>
      option(language, language === "any" ? worded("any language") : language),
    ),
    ...apart.map((one) =>
      option(
        `apart:${keyOf(one.language)}`,
        worded("{language} (a layout of its own)", { language: keyOf(one.language) }),
      ),
    ),
  );
  languageSelect.value = shown;
  const free = ["any", ...config.known_languages].filter(
    (language) => !config.languages.some((one) => keyOf(one.language) === language) && !stored.has(language),
  );
  addSelect.replaceChildren(
    option("", worded("a language…")),
    ...free.map((language) => option(language, language)),
  );
  if (config.is_mail) find<HTMLInputElement>("d-subject").value = subjects.get(shown) ?? "";
  tellWords();
  const [count, all] = [lacking(shown).length, texts().length];
  find("d-count").textContent = count
    ? worded("{count} of {all} texts are not translated to {language}.", { count, all, language: shown })
    : worded("Every text has its words.");
  find("d-side").hidden = all === 0;
}

function tellWords(): void {
  const languages = [...stored.keys()];
  const cell = (tag: string, content: string) =>
    Object.assign(document.createElement(tag), { textContent: content });
  const head = document.createElement("tr");
  head.append(...languages.map((language) => Object.assign(cell("th", language), { scope: "col" })));
  const rows = texts().map((text) => {
    const row = document.createElement("tr");
    for (const language of languages) {
      const own = said(text, language);
      const one = document.createElement("td");
      const go = document.createElement("button");
      go.type = "button";
      go.className = "quiet";
      go.textContent =
        own === undefined
          ? worded("Not translated to {language}", { language })
          : parsed(own).textContent?.trim() || worded("(empty)");
      go.classList.toggle("lacks", own === undefined);
      go.addEventListener("click", () => {
        collect();
        show(language);
        tell();
        editor.select(text);
        editor.Canvas.scrollTo(text);
      });
      one.append(go);
      row.append(one);
    }
    return row;
  });
  const thead = document.createElement("thead");
  thead.append(head);
  const tbody = document.createElement("tbody");
  tbody.append(...rows);
  find("d-words").replaceChildren(thead, tbody);
}

languageSelect.addEventListener("change", async () => {
  const wanted = languageSelect.value;
  if (wanted.startsWith("apart:")) {
    const address = new URLSearchParams(location.search);
    address.set("lang", wanted.slice(6));
    location.assign(`${here}?${address}`);
    return;
  }
  await settled();
  show(wanted);
  tell();
});
addSelect.addEventListener("change", async () => {
  const language = addSelect.value;
  if (!language) return;
  await settled();
  const fresh = {
    ...first,
    language: language === "any" ? null : language,
    version: 0,
    published_version: null,
  };
  stored.set(language, { ...fresh, html: first.html, untranslated: [] });
  subjects.set(language, subjects.get(base) ?? "");
  show(language);
  tell();
});
if (config.is_mail)
  find<HTMLInputElement>("d-subject").addEventListener("input", (event) =>
    subjects.set(shown, (event.target as HTMLInputElement).value),
  );

const ownStyle = document.createElement("style");
const restyle = () => (ownStyle.textContent = css.value.replace(PAGE_RULE, ""));
css.addEventListener("input", restyle);
const paper = document.getElementById("d-paper") as HTMLSelectElement | null;
if (paper) {
  paper.value = PAGE_RULE.exec(css.value)?.[1]?.toLowerCase() === "letter" ? "letter" : "A4";
  paper.addEventListener("change", () => {
    const rest = css.value.replace(PAGE_RULE, "");
    css.value = paper.value === "letter" ? `@page { size: letter }\n${rest}` : rest;
    editor.setDevice(paper.value);
    fit();
  });
}

find<HTMLInputElement>("d-picture").addEventListener("change", async (event) => {
  const input = event.target as HTMLInputElement;
  const file = input.files?.[0];
  if (!file) return;
  const body = new FormData();
  body.set("form_token", config.form_token);
  body.set("file", file);
  const answer = await fetch(`${here}/picture`, { method: "POST", body });
  input.value = "";
  const told = (await answer.json()) as Refusal & { address: string };
  if (!answer.ok) return speak(told.message, told.reasons);
  const place = editor.getSelected();
  const holder = place?.get("droppable") ? place : editor.getWrapper();
  holder?.append({ type: "image", attributes: { src: told.address, alt: "" } });
  speak(worded("The picture is on the page."));
});

document.querySelector("[data-designer] .verbs")?.addEventListener("click", (event) => {
  const act = (event.target as HTMLElement).closest<HTMLElement>("[data-act]")?.dataset["act"];
  if (act === "undo") editor.UndoManager.undo();
  if (act === "redo") editor.UndoManager.redo();
  if (act === "preview") void look();
  if (act === "save" || act === "publish") void store(act);
});
editor.on(
  "component:selected",
  (component: Component) => (find("d-chosen").textContent = component.getName()),
);
editor.on(
  "component:deselected",
  () => (find("d-chosen").textContent = worded("Choose something on the page.")),
);
editor.on("rte:disable", () => setTimeout(() => tell(), 60));

for (const id of ["d-traits", "d-styles"]) keepNamed(find(id));

function fit(): void {
  const width = editor.getDevice() === "letter" ? 816 : config.is_mail ? 640 : 794;
  const place = find("d-canvas");
  const zoom = Math.min(100, Math.floor((place.clientWidth / width) * 100));
  editor.Canvas.setZoom(zoom);
  for (const frame of editor.Canvas.getFrames())
    frame.set("height", `${Math.ceil((place.clientHeight / zoom) * 100)}px`);
}

editor.onReady(() => {
  editor.setDevice(paper?.value ?? "A4");
  editor.Canvas.getDocument()?.head.append(ownStyle);
  editor.Canvas.getFrameEl().title = worded("The page");
  for (const block of document.querySelectorAll<HTMLElement>("#d-blocks .gjs-block")) {
    block.tabIndex = 0;
    block.role = "button";
    block.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      block.click();
    });
  }
  restyle();
  editor.setComponents(first.html);
  const wordsByLanguage = new Map([...stored].map(([language, one]) => [language, wordsOf(one.html)]));
  texts().forEach((text, at) => {
    const of = new Map<string, string>();
    for (const [language, all] of wordsByLanguage)
      if (!stored.get(language)!.untranslated.includes(at)) of.set(language, all[at] ?? "");
    words.set(text.getId(), of);
  });
  show(shown);
  for (const [language, page] of spelled()) atFirst.set(language, page);
  const strange = [...stored].filter(([language, one]) => !isFaithful(atFirst.get(language) ?? "", one));
  document.body.dataset["faithful"] = strange.length ? "no" : "yes";
  editor.UndoManager.clear();
  editor.clearDirtyCount();
  fit();
  tell();
  if (strange.length)
    speak(
      worded("The canvas cannot hold {languages} as written; look at the preview before you save.", {
        languages: strange.map(([one]) => one).join(", "),
      }),
    );
  document.body.dataset["ready"] = "yes";
});
addEventListener("resize", fit);
