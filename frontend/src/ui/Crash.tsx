import { onMount } from "solid-js";
import { t } from "../i18n";
import { EmptyState } from "./states";

/** The last resort, for a fault of our own. */
export function Crash(props: { error: unknown }) {
  onMount(() => console.error(props.error));
  return (
    <main class="grid min-h-dvh place-items-center p-4">
      <div class="panel max-w-md" role="alert">
        <EmptyState icon="alert" title={t("state.crash")} text={t("state.crashText")}>
          <button type="button" class="btn btn-primary btn-sm" onClick={() => location.reload()}>
            {t("state.reload")}
          </button>
        </EmptyState>
      </div>
    </main>
  );
}
