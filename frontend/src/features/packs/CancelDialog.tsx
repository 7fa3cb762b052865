import { createSignal, createUniqueId } from "solid-js";
import type { Schemas } from "../../api/client";
import { useCancelPack } from "../../api/mutations";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { toast } from "../../ui/toasts";

/** A trial ends at once; anything else, with all that is in it, ends with the period that is paid for. */
export function CancelDialog(props: { of: Schemas["PackSubscriptionOut"]; onClose: () => void }) {
  const field = createUniqueId();
  const [reason, setReason] = createSignal("");
  const cancel = useCancelPack(() => props.of.id);
  const trial = () => props.of.status === "trialing";
  const pack = () => props.of.pack_name;
  const end = () => (props.of.current_period_end ? fmt.sellerDay(props.of.current_period_end) : "–");

  const confirm = async (key: string) => {
    const done = trial()
      ? t("packs.cancelledTrial", { pack: pack() })
      : t("packs.cancelled", { pack: pack(), date: end() });
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
      title={t("packs.cancelTitle", { pack: pack() })}
      confirm={trial() ? t("cancel.confirmTrial") : t("cancel.confirm", { date: end() })}
      cancel={t("cancel.keep")}
      danger
      busy={cancel.isPending}
      error={cancel.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <p>{t(trial() ? "packs.cancelTrial" : "packs.cancelText", { pack: pack(), date: end() })}</p>
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
