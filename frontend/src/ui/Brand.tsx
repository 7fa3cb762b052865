import { For, Show } from "solid-js";
import { t } from "../i18n";
import { brand } from "../lib/brand";

/** The seller's logo, or its first letter and its name. */
export function Brand() {
  return (
    <span class="flex min-w-0 items-center gap-2.5 font-semibold tracking-tight">
      <Show
        when={brand().logo_url}
        fallback={
          <>
            <span
              class="bg-brand grid size-7 shrink-0 place-items-center rounded-lg text-white"
              aria-hidden="true"
            >
              {brand().name.slice(0, 1)}
            </span>
            <span class="truncate">{brand().name}</span>
          </>
        }
      >
        {(logo) => <img src={logo()} alt={brand().name} class="h-8 max-w-full object-contain" />}
      </Show>
    </span>
  );
}

const LEGAL = ["withdrawal", "cancellation", "imprint", "privacy", "terms"] as const;

/** What the law wants a click away. */
export function LegalLinks() {
  const there = () => LEGAL.filter((kind) => brand()[`${kind}_url`]);
  return (
    <Show when={there().length > 0}>
      <ul class="text-muted flex flex-wrap gap-x-4 gap-y-1 text-xs" aria-label={t("legal.title")}>
        <For each={there()}>
          {(kind) => (
            <li>
              <a class="link inline-block min-h-6" href={brand()[`${kind}_url`]!} rel="external">
                {t(`legal.${kind}`)}
              </a>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
