import { createUniqueId, For } from "solid-js";
import { chooseLanguage, type Language, LANGUAGES, language, t } from "../i18n";
import { setTheme, type Theme, THEMES, theme } from "../lib/theme";
import { toast } from "./toasts";

/** Language and appearance: choices of this browser, not of the account. */
export function Preferences() {
  const id = createUniqueId();
  return (
    <div class="grid grid-cols-[repeat(auto-fit,minmax(9rem,1fr))] gap-2">
      <label for={`${id}-language`} class="sr-only">
        {t("nav.language")}
      </label>
      <select
        id={`${id}-language`}
        class="select select-sm w-full"
        value={language()}
        onChange={(event) =>
          void chooseLanguage(event.currentTarget.value as Language).catch(() =>
            toast("error", t("state.network")),
          )
        }
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
        onChange={(event) => setTheme(event.currentTarget.value as Theme)}
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
