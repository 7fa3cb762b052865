import { createSignal, createUniqueId, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useCancelSubscription } from "../../api/mutations";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { toast } from "../../ui/toasts";

/** A trial ends at once; anything else ends with the period that is paid for. */
export function CancelDialog(props: { of: Schemas["SubscriptionStoryOut"]; onClose: () => void }) {
  const field = createUniqueId();
  const [reason, setReason] = createSignal("");
  const cancel = useCancelSubscription(() => props.of.id);
  const trial = () => props.of.status === "trialing";
  const service = () => props.of.service_name;
  const end = () => (props.of.current_period_end ? fmt.sellerDay(props.of.current_period_end) : "–");

  const confirm = async (key: string) => {
    const done = trial()
      ? t("cancel.doneTrial", { service: service() })
      : t("cancel.done", { service: service(), date: end() });
    try {
      await cancel.mutateAsync({ key, reason: reason().trim() || null });
    } catch {
      return; // The dialog stays open and says why.
    }
    props.onClose();
    focusMain();
    toast("success", done);
  };

  return (
    <ConfirmDialog
      title={t("cancel.title", { service: service() })}
      confirm={trial() ? t("cancel.confirmTrial") : t("cancel.confirm", { date: end() })}
      cancel={t("cancel.keep")}
      danger
      busy={cancel.isPending}
      error={cancel.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <Show when={!trial()} fallback={<p>{t("cancel.trialText", { service: service() })}</p>}>
        <p>
          {t("cancel.text", { service: service(), date: end() })} {t("cancel.undo")}
        </p>
      </Show>
      <div class="grid gap-1">
        <label for={field} class="text-sm">
          {t("cancel.reason")}
        </label>
        <textarea
          id={field}
          class="textarea w-full"
          rows="3"
          maxlength="500"
          value={reason()}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </div>
    </ConfirmDialog>
  );
}
