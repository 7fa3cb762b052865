import { createSignal, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { usePayInvoice } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { Async } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { useCan } from "../session/useCan";
import { rememberPayment } from "./begun";
import { expiry, isPast } from "./expiry";
import { goTo, type Way, waysToPay } from "./ways";

/** What paying asks of a document; rows of a list have it, too. */
export type Payable = Pick<
  Schemas["InvoiceSummary"],
  "id" | "number" | "document_type" | "status" | "amount_due_cents" | "currency"
>;

/** Something of it is still to be paid. */
export const isOwed = (of: Payable) =>
  of.document_type === "invoice" && of.amount_due_cents > 0 && of.status !== "void";

/** "Pay €224.00", wherever an invoice is open; in a list, where the amount stands beside it, "Pay" alone. */
export function Pay(props: { of: Payable; inList?: boolean }) {
  const can = useCan();
  const [asking, setAsking] = createSignal(false);
  const amount = () => fmt.money(props.of.amount_due_cents, props.of.currency);
  return (
    <Show when={isOwed(props.of) && can("billing:manage")}>
      <button
        type="button"
        class={props.inList ? "btn btn-plain btn-xs relative z-10" : "btn btn-primary btn-sm"}
        aria-label={props.inList ? t("pay.title", { number: props.of.number ?? "" }) : undefined}
        onClick={() => setAsking(true)}
      >
        {props.inList ? t("pay.short") : t("pay.button", { amount: amount() })}
      </button>
      <Show when={asking()}>
        <Ask of={props.of} amount={amount()} onClose={() => setAsking(false)} />
      </Show>
    </Show>
  );
}

function Ask(props: { of: Payable; amount: string; onClose: () => void }) {
  const methods = useQuery(() => q.paymentMethods());
  const providers = useQuery(() => q.paymentProviders());
  const pay = usePayInvoice(() => props.of.id);
  const ways = () => waysToPay(methods.data ?? [], providers.data ?? []);
  const [chosen, setChosen] = createSignal<string>();
  const way = (): Way | undefined => ways().find((each) => each.id === chosen()) ?? ways()[0];

  const confirm = async (key: string) => {
    const wanted = way();
    if (!wanted) return;
    const said = { amount: props.amount, number: props.of.number ?? "" };
    let payment: Schemas["PaymentOut"];
    try {
      payment = await pay.mutateAsync({
        key,
        ...(wanted.kind === "method"
          ? { payment_method_id: wanted.id }
          : { provider: wanted.id, return_url: `${location.origin}/billing/invoices/${props.of.id}` }),
      });
    } catch {
      return; // The dialog stays open and says why.
    }
    if (payment.redirect_url && goTo(payment.redirect_url)) {
      rememberPayment(props.of.id);
      return; // The dialog stays until the provider's page is there.
    }
    props.onClose();
    focusMain();
    // The attempt is over: another one is another payment, so the dialog does not ask again with the same key.
    if (payment.status === "succeeded") toast("success", t("pay.done", said));
    else if (payment.status === "failed") toast("error", t("pay.failed", said));
    else toast("info", t("pay.pending", said));
  };

  return (
    <ConfirmDialog
      title={t("pay.title", { number: props.of.number ?? "" })}
      confirm={t("pay.button", { amount: props.amount })}
      cancel={t("pay.back")}
      busy={pay.isPending || !way()}
      error={pay.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <For each={(methods.data ?? []).filter((method) => method.status === "active" && isPast(method))}>
        {(method) => (
          <p class="text-muted text-sm">
            {t("expiry.past", {
              method: method.label,
              month: expiry(method, new Date())?.month ?? "",
            })}
          </p>
        )}
      </For>
      <Async query={methods} lines={2}>
        {() => (
          <Async query={providers} lines={2}>
            {() => (
              <Show when={ways().length > 0} fallback={<p>{t("pay.none")}</p>}>
                <fieldset class="grid gap-2">
                  <legend class="text-muted mb-2 text-sm">{t("pay.with")}</legend>
                  <For each={ways()}>
                    {(each) => (
                      <label class="flex min-h-8 items-center gap-3">
                        <input
                          type="radio"
                          name="way"
                          class="radio radio-sm radio-primary"
                          checked={each.id === way()?.id}
                          onChange={() => setChosen(each.id)}
                        />
                        {each.kind === "method" ? each.label : t("pay.at", { provider: each.label })}
                      </label>
                    )}
                  </For>
                </fieldset>
              </Show>
            )}
          </Async>
        )}
      </Async>
    </ConfirmDialog>
  );
}
