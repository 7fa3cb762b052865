import { createSignal } from "solid-js";
import { recall, remember } from "./preferences";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const saved = recall("theme");
const [theme, set] = createSignal<Theme>(saved === "light" || saved === "dark" ? saved : "system");
export { theme };

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
