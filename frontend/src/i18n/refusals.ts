import { resolveTemplate } from "@solid-primitives/i18n";
import { createSignal } from "solid-js";
import type { Schemas } from "../api/client";
import type en from "./en/refusals";
import { fmt } from "./format";
import { known, type Language, language, t } from "./index";

type Code = Schemas["RefusalCode"];
export type RefusalWords = { refusal: Record<keyof (typeof en)["refusal"], string> };

// Most visits meet no refusal: its sentences are fetched with the first answer that is one.
const load: Record<Language, () => Promise<{ default: RefusalWords }>> = {
  en: () => import("./en/refusals"),
  nl: () => import("./nl/refusals"),
  de: () => import("./de/refusals"),
  fr: () => import("./fr/refusals"),
  es: () => import("./es/refusals"),
  it: () => import("./it/refusals"),
};
const [said, setSaid] = createSignal<{ language: Language; words: RefusalWords["refusal"] }>();

/** Fetch the sentences in the reader's language; rejects where they cannot be had. */
export async function loadRefusals(): Promise<void> {
  const wanted = language();
  if (said()?.language === wanted) return;
  const words = await load[wanted]();
  setSaid({ language: wanted, words: words.default.refusal });
}

/** Why the server refused, as a code and what its sentence names. */
export interface Refusal {
  code: string;
  values?: Readonly<Record<string, string>> | null | undefined;
}

/** The sentence of a refusal in the reader's language; none for a code that is younger than this page. */
export function refusalWords({ code, values }: Refusal): string | undefined {
  const words = said();
  if (words?.language !== language() || !isCode(code, words.words)) return undefined;
  return resolveTemplate(words.words[code], written(values ?? {}));
}

const isCode = (code: string, words: RefusalWords["refusal"]): code is Code => code in words;

const FORMATS: Readonly<Record<string, string>> = {
  ubl: "UBL",
  xrechnung: "XRechnung",
  cii: "CII",
  zugferd: "ZUGFeRD",
  facturx: "Factur-X",
};

/** Days come as ISO dates, states and formats by the server's names. */
function written(values: Readonly<Record<string, string>>) {
  const status = values["status"] ?? "";
  const key = `status.${status}`;
  return {
    ...values,
    day: values["day"] ? fmt.day(values["day"]) : "",
    format: FORMATS[values["format"] ?? ""] ?? "",
    status: known(key) ? String(t(key)) : status.replaceAll("_", " "),
  };
}
