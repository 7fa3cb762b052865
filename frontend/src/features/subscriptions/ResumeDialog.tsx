import type { Schemas } from "../../api/client";
import { useResumeSubscription } from "../../api/mutations";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { toast } from "../../ui/toasts";
import { periodPrice } from "./Price";

/** Undoes a scheduled cancellation; says when the next amount falls due and how much it is. */
export function ResumeDialog(props: { of: Schemas["SubscriptionStoryOut"]; onClose: () => void }) {
  const resume = useResumeSubscription(() => props.of.id);
  const service = () => props.of.service_name;
  const effect = () => {
    const amount = periodPrice(props.of);
    const end = props.of.current_period_end;
    return amount && end
      ? t("resume.text", { service: service(), date: fmt.sellerDay(end), amount })
      : t("resume.textPlain", { service: service() });
  };

  const confirm = async (key: string) => {
    try {
      await resume.mutateAsync({ key });
    } catch {
      return; // The dialog stays open and says why.
    }
    props.onClose();
    focusMain();
    toast("success", t("resume.done", { service: service() }));
  };

  return (
    <ConfirmDialog
      title={t("resume.title", { service: service() })}
      confirm={t("resume.confirm")}
      cancel={t("resume.back")}
      busy={resume.isPending}
      error={resume.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <p>{effect()}</p>
    </ConfirmDialog>
  );
}
