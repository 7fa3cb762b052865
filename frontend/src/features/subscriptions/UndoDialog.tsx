import type { Schemas } from "../../api/client";
import { useUndoChange } from "../../api/mutations";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { toast } from "../../ui/toasts";

/** Gives up the change that waits for the end of the period. */
export function UndoDialog(props: { of: Schemas["SubscriptionStoryOut"]; onClose: () => void }) {
  const undo = useUndoChange(() => props.of.id);
  const last = () => (props.of.current_period_last_day ? fmt.day(props.of.current_period_last_day) : "–");
  const confirm = async (key: string) => {
    const done = t("undo.done", { service: props.of.service_name });
    try {
      await undo.mutateAsync({ key });
    } catch {
      return; // The dialog stays open and says why.
    }
    props.onClose();
    focusMain();
    toast("success", done);
  };
  return (
    <ConfirmDialog
      title={t("undo.title", { plan: props.of.plan_name })}
      confirm={t("undo.button")}
      cancel={t("resume.back")}
      busy={undo.isPending}
      error={undo.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <p>{t("undo.text", { date: last() })}</p>
    </ConfirmDialog>
  );
}
