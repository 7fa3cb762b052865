import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { Notice } from "../../ui/layout";
import { expiry } from "./expiry";

/** Says in time that a card ends, and afterwards that nothing is charged to it. */
export function ExpiringMethods() {
  const methods = useQuery(() => q.paymentMethods());
  const ending = () =>
    (methods.data ?? []).flatMap((method) => {
      const state = method.status === "active" ? expiry(method, new Date()) : null;
      return state?.soon ? [{ method: method.label, ...state }] : [];
    });
  return (
    <Show when={ending().length > 0}>
      <div class="mb-6 grid gap-3">
        <For each={ending()}>
          {(each) => (
            <Notice tone="warn">
              <p>
                {t(each.past ? "expiry.past" : "expiry.soon", { method: each.method, month: each.month })}
              </p>
              <A href="/billing/payment-methods" class="btn btn-plain btn-sm">
                {t("expiry.replace")}
              </A>
            </Notice>
          )}
        </For>
      </div>
    </Show>
  );
}
