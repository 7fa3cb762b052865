import type { Schemas } from "../../api/client";
import { useSubscribePack } from "../../api/mutations";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { toast } from "../../ui/toasts";

/** What a period costs, and what a trial costs after it. The page behind it then shows what one has. */
export function SubscribeDialog(props: { pack: Schemas["PackOut"]; onClose: () => void }) {
  const subscribe = useSubscribePack(() => props.pack.slug);
  const onTrial = () => props.pack.trial_days > 0;
  const said = () => ({
    amount: fmt.money(props.pack.price_cents, props.pack.currency),
    interval: t(`interval.${props.pack.billing_period}`),
    days: String(props.pack.trial_days),
  });

  const confirm = async (key: string) => {
    const done = t("packs.subscribed", { pack: props.pack.name });
    try {
      await subscribe.mutateAsync({ key });
    } catch {
      return; // The dialog stays open and says why.
    }
    props.onClose();
    focusMain();
    toast("success", done);
  };

  return (
    <ConfirmDialog
      title={t("packs.subscribeTitle", { pack: props.pack.name })}
      confirm={onTrial() ? t("catalog.startTrial") : t("catalog.confirm", said())}
      cancel={t("catalog.back")}
      busy={subscribe.isPending}
      error={subscribe.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <p>{t(onTrial() ? "catalog.afterTrial" : "catalog.costs", said())}</p>
    </ConfirmDialog>
  );
}
