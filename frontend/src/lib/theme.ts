import { createSignal } from "solid-js";
import { choices } from "./choices";
import { recall, remember } from "./preferences";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const saved = recall("theme");
const [here, set] = createSignal<Theme>(saved === "light" || saved === "dark" ? saved : "system");

/** What the account says, else what was chosen in this browser. */
export const theme = (): Theme => choices().theme ?? here();

/** Without data-theme the stylesheet follows the system's own choice. */
export function applyTheme(): void {
  const chosen = theme();
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = `scai-${chosen}`;
}

export function setTheme(next: Theme): void {
  set(next);
  remember("theme", next === "system" ? null : next);
  applyTheme();
}
