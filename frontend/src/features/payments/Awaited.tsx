import { createEffect, createSignal, onCleanup, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Notice } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { recallPayment } from "./begun";
import { isOwed } from "./Pay";

const ASK_EVERY = 3_000;
const PATIENCE = 120_000;

/**
 * After a payment on a provider's page: people come back sooner than the provider's message, so the invoice is asked
 * for until it is paid or the attempt has failed. After two minutes the page leaves it at saying how it stands.
 */
export function Awaited(props: { of: Schemas["OwnInvoiceOut"] }) {
  // oxlint-disable-next-line solid/reactivity -- What was begun before belongs to the invoice this page opened with.
  const [waiting, setWaiting] = createSignal(recallPayment(props.of.id));
  const [patient, setPatient] = createSignal(true);
  // oxlint-disable-next-line solid/reactivity -- As above.
  const before = { due: props.of.amount_due_cents, failed: props.of.failed_payments.length };
  useQuery(() => ({
    ...q.invoice(props.of.id),
    enabled: waiting(),
    refetchInterval: waiting() && patient() ? ASK_EVERY : false,
  }));
  createEffect(() => {
    if (!waiting()) return;
    const timer = setTimeout(() => setPatient(false), PATIENCE);
    onCleanup(() => clearTimeout(timer));
  });
  createEffect(() => {
    if (!waiting()) return;
    const said = { amount: fmt.money(before.due, props.of.currency), number: props.of.number ?? "" };
    if (!isOwed(props.of)) toast("success", t("pay.done", said));
    else if (props.of.failed_payments.length > before.failed) toast("error", t("pay.failed", said));
    else return;
    setWaiting(false);
  });
  return (
    <Show when={waiting()}>
      <Notice tone="info">
        <p role="status">{t(patient() ? "pay.awaited" : "pay.late")}</p>
      </Notice>
    </Show>
  );
}
