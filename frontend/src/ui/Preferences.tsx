import { createUniqueId, For } from "solid-js";
import { useSavePreferences } from "../api/mutations";
import { session, viewing } from "../api/session";
import { chooseLanguage, type Language, LANGUAGES, language, t } from "../i18n";
import { follow } from "../i18n/follow";
import { type Choices, choices } from "../lib/choices";
import { setTheme, type Theme, THEMES, theme } from "../lib/theme";
import { toast } from "./toasts";

/** Language and appearance, at once: of this browser, and of the account of whoever is signed in. */
export function Preferences() {
  const id = createUniqueId();
  const save = useSavePreferences();
  const keep = (changed: Partial<Choices>) => {
    if (session() !== "open" || viewing()) return;
    void follow({ ...choices(), ...changed });
    save.mutate(changed, { onError: () => toast("info", t("preferences.notKept")) });
  };
  const speak = async (next: Language) => {
    try {
      await chooseLanguage(next);
      keep({ language: next });
    } catch {
      toast("error", t("state.network"));
    }
  };
  const look = (next: Theme) => {
    setTheme(next);
    keep({ theme: next === "system" ? null : next });
  };
  return (
    <div class="grid grid-cols-[repeat(auto-fit,minmax(9rem,1fr))] gap-2">
      <label for={`${id}-language`} class="sr-only">
        {t("nav.language")}
      </label>
      <select
        id={`${id}-language`}
        class="select select-sm w-full"
        value={language()}
        onChange={(event) => void speak(event.currentTarget.value as Language)}
      >
        <For each={Object.entries(LANGUAGES)}>
          {([code, name]) => (
            <option value={code} lang={code} selected={code === language()}>
              {name}
            </option>
          )}
        </For>
      </select>
      <label for={`${id}-theme`} class="sr-only">
        {t("nav.theme")}
      </label>
      <select
        id={`${id}-theme`}
        class="select select-sm w-full"
        value={theme()}
        onChange={(event) => look(event.currentTarget.value as Theme)}
      >
        <For each={THEMES}>
          {(name) => (
            <option value={name} selected={name === theme()}>
              {t(`theme.${name}`)}
            </option>
          )}
        </For>
      </select>
    </div>
  );
}
