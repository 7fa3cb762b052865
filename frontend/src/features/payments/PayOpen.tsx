import { createSignal, For, Show } from "solid-js";
import { newIdempotencyKey, usePayInvoices } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { t, tn } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { Async } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { useCan } from "../session/useCan";
import { isOwed, Pay, type Payable } from "./Pay";
import { waysToPay } from "./ways";

/** Pays whatever is open: the one invoice, or all of one currency at once. */
export function PayOpen() {
  const can = useCan();
  const open = useQuery(() => ({ ...q.openInvoices(), enabled: can("billing:manage") }));
  const groups = () => {
    const owed = (open.data?.data ?? []).filter(isOwed);
    return [...new Set(owed.map((of) => of.currency))].map((currency) =>
      owed.filter((of) => of.currency === currency),
    );
  };
  return (
    <For each={groups()}>
      {(group) => (
        <Show when={group.length > 1} fallback={<Pay of={group[0]!} />}>
          <PayAll of={group} />
        </Show>
      )}
    </For>
  );
}

/** What becomes of itself what was wished: the rest a person must look at, one by one. */
const MOVING: ReadonlySet<string> = new Set(["succeeded", "pending"]);

const sum = (of: readonly Payable[]) => of.reduce((cents, each) => cents + each.amount_due_cents, 0);

function PayAll(props: { of: readonly Payable[] }) {
  const [asking, setAsking] = createSignal(false);
  const amount = () => fmt.money(sum(props.of), props.of[0]!.currency);
  return (
    <>
      <button type="button" class="btn btn-primary btn-sm" onClick={() => setAsking(true)}>
        {t("pay.all", { amount: amount() })}
      </button>
      <Show when={asking()}>
        <Ask of={props.of} amount={amount()} onClose={() => setAsking(false)} />
      </Show>
    </>
  );
}

/** One payment for each invoice, one after the other: each is booked on its own, and one that fails stops no other. */
function Ask(props: { of: readonly Payable[]; amount: string; onClose: () => void }) {
  const methods = useQuery(() => q.paymentMethods());
  const providers = useQuery(() => q.paymentProviders());
  const pay = usePayInvoices();
  // oxlint-disable-next-line solid/reactivity -- What is asked about is what was open as the dialog opened.
  const asked = props.of.map((of) => ({ of, key: newIdempotencyKey() }));
  const method = () =>
    waysToPay(methods.data ?? [], providers.data ?? []).find((way) => way.kind === "method");

  const confirm = async () => {
    const chosen = method();
    if (!chosen) return;
    const wanted = asked.map(({ of, key }) => ({ id: of.id, key, payment_method_id: chosen.id }));
    const left = (await pay.mutateAsync(wanted)).filter((status) => !MOVING.has(status)).length;
    props.onClose();
    focusMain();
    if (left === 0) toast("success", tn("pay.allDone", asked.length));
    else toast("error", tn("pay.someOpen", left));
  };

  return (
    <ConfirmDialog
      title={t("pay.allTitle")}
      confirm={t("pay.all", { amount: props.amount })}
      cancel={t("pay.back")}
      busy={pay.isPending || !method()}
      error={pay.error}
      onConfirm={() => void confirm()}
      onClose={() => props.onClose()}
    >
      <ul class="divide-base-300 divide-y text-sm">
        <For each={asked}>
          {({ of }) => (
            <li class="flex justify-between gap-4 py-2">
              <span>{of.number}</span>
              <span class="whitespace-nowrap">{fmt.money(of.amount_due_cents, of.currency)}</span>
            </li>
          )}
        </For>
      </ul>
      <Async query={methods} lines={1}>
        {() => (
          <Async query={providers} lines={1}>
            {() => (
              <p class="text-sm">
                <Show when={method()} fallback={t("pay.oneByOne")}>
                  {(way) => t("pay.allWith", { method: way().label })}
                </Show>
              </p>
            )}
          </Async>
        )}
      </Async>
    </ConfirmDialog>
  );
}
