import { createSignal, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useApplyCredit } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { Notice } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { useCan } from "../session/useCan";

/** Offers one's credit for an open invoice, where there is any of its currency. */
export function ApplyCredit(props: { of: Schemas["OwnInvoiceOut"] }) {
  const can = useCan();
  const balance = useQuery(() => q.creditBalance());
  const [asked, setAsked] = createSignal(false);
  const there = () => balance.data?.find((each) => each.currency === props.of.currency)?.available_cents ?? 0;
  const used = () => fmt.money(Math.min(there(), props.of.amount_due_cents), props.of.currency);
  const owes = () =>
    props.of.document_type === "invoice" && props.of.amount_due_cents > 0 && props.of.status !== "void";
  return (
    <Show when={owes() && there() > 0}>
      <Notice tone="info">
        <p>{t("credits.there", { amount: fmt.money(there(), props.of.currency) })}</p>
        <Show when={can("billing:manage")}>
          <button type="button" class="btn btn-plain btn-sm" onClick={() => setAsked(true)}>
            {t("credits.apply", { amount: used() })}
          </button>
        </Show>
      </Notice>
      <Show when={asked()}>
        <Ask of={props.of} amount={used()} onClose={() => setAsked(false)} />
      </Show>
    </Show>
  );
}

function Ask(props: { of: Schemas["OwnInvoiceOut"]; amount: string; onClose: () => void }) {
  const apply = useApplyCredit(() => props.of.id);
  const said = () => ({ amount: props.amount, number: props.of.number ?? "" });
  const confirm = async (key: string) => {
    const done = t("credits.applied", said());
    try {
      await apply.mutateAsync({ key });
    } catch {
      return; // The dialog stays open and says why.
    }
    props.onClose();
    focusMain();
    toast("success", done);
  };
  return (
    <ConfirmDialog
      title={t("credits.applyTitle", said())}
      confirm={t("credits.apply", said())}
      cancel={t("credits.back")}
      busy={apply.isPending}
      error={apply.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <p>{t("credits.applyText", said())}</p>
    </ConfirmDialog>
  );
}
