import { createSignal } from "solid-js";
import type { Language } from "../i18n";
import { recall, remember } from "./preferences";

export const NUMBER_FORMATS = ["comma_point", "point_comma", "space_comma", "apostrophe_point"] as const;
export const DATE_FORMATS = ["words", "dots", "slashes", "iso"] as const;
export type NumberStyle = (typeof NUMBER_FORMATS)[number];
export type DateStyle = (typeof DATE_FORMATS)[number];

/** How numbers, days and hours are written for somebody; what is missing follows the language and the browser. */
export interface Formats {
  numbers?: NumberStyle | undefined;
  days?: DateStyle | undefined;
  zone?: string | undefined;
}

/** What the person who is signed in keeps with the account. */
export interface Choices {
  language: Language | null;
  time_zone: string | null;
  number_format: NumberStyle | null;
  date_format: DateStyle | null;
  theme: "light" | "dark" | null;
}

export const NO_CHOICES: Choices = {
  language: null,
  time_zone: null,
  number_format: null,
  date_format: null,
  theme: null,
};

// Remembered beside the browser's own choices until the person leaves: the next visit begins as the last one ended.
const KEY = "account";
const [choices, set] = createSignal<Choices>(remembered());
export { choices };

export function keepChoices(next: Choices): void {
  set(next);
  remember(KEY, JSON.stringify(next));
}

export function forgetChoices(): void {
  set(NO_CHOICES);
  remember(KEY, null);
}

export const formats = (): Formats => ({
  numbers: choices().number_format ?? undefined,
  days: choices().date_format ?? undefined,
  zone: zoneOrNone(choices().time_zone),
});

/** The server may know a zone that this browser does not; a format of it would throw. */
function zoneOrNone(zone: string | null): string | undefined {
  if (zone === null) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function remembered(): Choices {
  try {
    const kept = JSON.parse(recall(KEY) ?? "{}") as Partial<Record<keyof Choices, unknown>>;
    const one = <T extends string>(value: unknown, of: readonly T[]) =>
      of.find((each) => each === value) ?? null;
    return {
      language: one(kept.language, ["en", "nl", "de", "fr", "es", "it"]),
      time_zone: typeof kept.time_zone === "string" ? kept.time_zone : null,
      number_format: one(kept.number_format, NUMBER_FORMATS),
      date_format: one(kept.date_format, DATE_FORMATS),
      theme: one(kept.theme, ["light", "dark"]),
    };
  } catch {
    return NO_CHOICES;
  }
}
