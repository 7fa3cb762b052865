import type { Schemas } from "../../api/client";
import { useRemoveMethod } from "../../api/mutations";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { toast } from "../../ui/toasts";

/** The server keeps the last one while renewals need it, and says so here. */
export function RemoveDialog(props: { of: Schemas["PaymentMethodOut"]; onClose: () => void }) {
  const remove = useRemoveMethod();
  const confirm = async () => {
    const done = t("methods.removed", { method: props.of.label });
    try {
      await remove.mutateAsync(props.of.id);
    } catch {
      return; // The dialog stays open and says why.
    }
    props.onClose();
    focusMain();
    toast("success", done);
  };
  return (
    <ConfirmDialog
      title={t("methods.removeTitle", { method: props.of.label })}
      confirm={t("methods.remove")}
      cancel={t("methods.keep")}
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => void confirm()}
      onClose={() => props.onClose()}
    >
      <p>{t("methods.removeText")}</p>
    </ConfirmDialog>
  );
}
