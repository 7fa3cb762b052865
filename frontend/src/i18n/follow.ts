import { type Choices, keepChoices } from "../lib/choices";
import { applyTheme } from "../lib/theme";
import { setLanguage } from ".";

/**
 * Shows pages as a person chose. Words first, so that no half-translated page is seen; where they cannot be loaded the
 * rest is followed all the same.
 */
export async function follow(chosen: Choices): Promise<void> {
  if (chosen.language) await setLanguage(chosen.language).catch(() => undefined);
  keepChoices(chosen);
  applyTheme();
}
