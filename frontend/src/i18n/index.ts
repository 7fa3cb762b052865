import { type Flatten, flatten, resolveTemplate, translator } from "@solid-primitives/i18n";
import { createSignal } from "solid-js";
import { pluralRules } from "../lib/intl";
import { choices } from "../lib/choices";
import { recall, remember } from "../lib/preferences";
import type en from "./en";
import type entrance from "./en/entrance";

type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };

/** The shape of every language: a missing or surplus key does not compile. */
export type Dictionary = Words<typeof en>;
export type EntranceWords = Words<typeof entrance>;

export const LANGUAGES = {
  en: "English",
  nl: "Nederlands",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  it: "Italiano",
} as const;
export type Language = keyof typeof LANGUAGES;

const load: Record<Language, () => Promise<Dictionary>> = {
  en: async () => (await import("./en")).default,
  nl: async () => (await import("./nl")).default,
  de: async () => (await import("./de")).default,
  fr: async () => (await import("./fr")).default,
  es: async () => (await import("./es")).default,
  it: async () => (await import("./it")).default,
};

// Who has not signed in reads one page: the words of all others come with the session.
const loadEntrance: Record<Language, () => Promise<EntranceWords>> = {
  en: async () => (await import("./en/entrance")).default,
  nl: async () => (await import("./nl/entrance")).default,
  de: async () => (await import("./de/entrance")).default,
  fr: async () => (await import("./fr/entrance")).default,
  es: async () => (await import("./es/entrance")).default,
  it: async () => (await import("./it/entrance")).default,
};

type Reader = "stranger" | "member";
let reader: Reader = "member";

interface Spoken {
  language: Language;
  words: Flatten<Dictionary>;
}

// The words come before anything is drawn (main.tsx): nobody loads a language that they do not read.
const [spoken, setSpoken] = createSignal<Spoken>({ language: "en", words: {} as Spoken["words"] });

export const language = () => spoken().language;
// oxlint-disable-next-line solid/reactivity -- The translator reads the words at each call, inside whatever tracks it.
export const t = translator(() => spoken().words, resolveTemplate);

type Counted = {
  [K in keyof Flatten<Dictionary>]: K extends `${infer Base}_other` ? Base : never;
}[keyof Flatten<Dictionary>];

/** A counted phrase: `<key>_one` or `<key>_other`, by the plural rules of the language. */
export function tn(key: Counted, n: number): string {
  const form = pluralRules(language()).select(n) === "one" ? "one" : "other";
  return t(`${key}_${form}`, { n: new Intl.NumberFormat(locale()).format(n) });
}

/** Is there a phrase of this name? For names that the server sends and may invent. */
export function known(key: string): key is keyof Flatten<Dictionary> & string {
  return key in spoken().words;
}

/** What the server calls by a name, in the reader's language; a sentence of somebody's own stays as it is. */
export function worded(
  group: "creditSource" | "payment" | "reason" | "receivableSource" | "settlement" | "walletSource",
  name: string,
): string {
  const key = `${group}.${name}`;
  if (known(key)) return String(t(key));
  return /^[a-z_]+$/.test(name) ? name.replaceAll("_", " ") : name;
}

/** Loads the words first, so that no half-translated page is ever seen; rejects when they cannot be loaded. */
export async function setLanguage(next: Language, who: Reader = reader): Promise<void> {
  reader = who;
  const words = await (who === "member" ? load : loadEntrance)[next]();
  setSpoken({ language: next, words: flatten(words) as Spoken["words"] });
  document.documentElement.lang = next;
}

export async function chooseLanguage(next: Language): Promise<void> {
  await setLanguage(next);
  remember("language", next);
}

/** The account's or the remembered choice, else the first of the browser's languages that we speak. */
export function startLanguage(): Language {
  const wanted = [
    choices().language,
    recall("language"),
    ...navigator.languages.map((tag) => tag.slice(0, 2)),
  ];
  return wanted.find((tag): tag is Language => tag !== null && tag in LANGUAGES) ?? "en";
}

const DEFAULT_LOCALE: Record<Language, string> = {
  en: "en-GB", // Bare "en" would write dates the American way.
  nl: "nl-NL",
  de: "de-DE",
  fr: "fr-FR",
  es: "es-ES",
  it: "it-IT",
};

/** How dates and amounts are written: the reader's own region where it speaks the chosen language. */
export function locale(): string {
  const chosen = language();
  return navigator.languages.find((tag) => tag.startsWith(`${chosen}-`)) ?? DEFAULT_LOCALE[chosen];
}
