import { Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Notice } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { endView } from "./leave";

/** Says on every page that an operator is looking, why and until when, and ends it. */
export function ViewBanner() {
  const me = useQuery(() => q.me());
  const end = async () => {
    try {
      window.location.assign((await endView()) ?? "/admin/");
    } catch {
      toast("error", t("view.endFailed"));
    }
  };
  return (
    <Show when={me.data?.portal_view}>
      {(view) => (
        <div role="status" class="mb-6">
          <Notice tone="warn">
            <div class="min-w-0 text-sm">
              <p class="font-medium">
                {t("view.banner", {
                  tenant: me.data?.tenant_name ?? "",
                  until: fmt.moment(view().ends_at),
                })}
              </p>
              <p class="break-words">{t("view.why", { reason: view().reason, ticket: view().ticket })}</p>
            </div>
            <button type="button" class="btn btn-plain btn-sm" onClick={() => void end()}>
              {t("view.end")}
            </button>
          </Notice>
        </div>
      )}
    </Show>
  );
}
