import { createSignal, createUniqueId, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useChangeSubscription } from "../../api/mutations";
import { type PlanChange, q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusMain } from "../../ui/focus";
import { errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";

type Detail = Schemas["SubscriptionStoryOut"];
type Moment = NonNullable<PlanChange["when"]>;
const MOMENTS: readonly Moment[] = ["now", "period_end"];

/** Another plan, quantity or both; what it costs and gives back is said before, and exactly that is done. */
export function ChangeDialog(props: { of: Detail; onClose: () => void }) {
  const [chosenPlan, setPlan] = createSignal<string>();
  const [chosenQuantity, setQuantity] = createSignal<number>();
  const plan = () => chosenPlan() ?? props.of.plan_key;
  const quantity = () => chosenQuantity() ?? props.of.quantity;
  const [when, setWhen] = createSignal<Moment>();
  const plans = useQuery(() => q.plans(props.of.service_slug));
  const wanted = (): PlanChange => ({ plan_key: plan(), quantity: quantity(), when: when() ?? null });
  const isAnother = () => plan() !== props.of.plan_key || quantity() !== props.of.quantity;
  const change = useChangeSubscription(() => props.of.id);
  // While it is being done it is not asked again: it would be what one has already.
  const asks = () => isAnother() && !change.isPending;
  const shown = useQuery(() => ({ ...q.change(props.of.id, wanted()), enabled: asks() }));

  const confirm = async (key: string) => {
    const planned = shown.data;
    if (!planned) return;
    try {
      await change.mutateAsync({ key, wanted: wanted(), hash: planned.plan_hash });
    } catch {
      void shown.refetch(); // What was shown may not hold any more.
      return;
    }
    props.onClose();
    focusMain();
    toast("success", t("change.done", { service: props.of.service_name }));
  };

  return (
    <ConfirmDialog
      title={t("change.title", { service: props.of.service_name })}
      confirm={t("change.confirm")}
      cancel={t("resume.back")}
      busy={change.isPending || !shown.data}
      error={change.error}
      onConfirm={(key) => void confirm(key)}
      onClose={() => props.onClose()}
    >
      <Choice label={t("subscriptions.plan")}>
        {(id) => (
          <select
            id={id}
            class="select w-full"
            value={plan()}
            onChange={(event) => setPlan(event.currentTarget.value)}
          >
            <For each={plans.data ?? []} fallback={<option value={plan()}>{props.of.plan_name}</option>}>
              {(offered) => (
                <option value={offered.plan_key} selected={offered.plan_key === plan()}>
                  {`${offered.name} · ${fmt.money(offered.effective_price_cents, offered.effective_currency)} ${t(`interval.${offered.billing_period}`)}`}
                </option>
              )}
            </For>
          </select>
        )}
      </Choice>
      <Choice label={t("subscription.quantity")}>
        {(id) => (
          <input
            id={id}
            class="input w-full"
            type="number"
            min="1"
            value={quantity()}
            onChange={(event) => setQuantity(Math.max(1, Math.round(event.currentTarget.valueAsNumber || 1)))}
          />
        )}
      </Choice>
      <Choice label={t("change.when")}>
        {(id) => (
          <select
            id={id}
            class="select w-full"
            value={when() ?? shown.data?.when ?? "now"}
            onChange={(event) => setWhen(MOMENTS.find((moment) => moment === event.currentTarget.value))}
          >
            <For each={MOMENTS}>{(moment) => <option value={moment}>{t(`change.${moment}`)}</option>}</For>
          </select>
        )}
      </Choice>
      <Show when={shown.error}>
        {(error) => (
          <p role="status" class="text-muted text-sm">
            {errorMessage(error())}
          </p>
        )}
      </Show>
      <Show when={shown.data}>{(planned) => <Effect of={planned()} />}</Show>
    </ConfirmDialog>
  );
}

function Choice(props: { label: string; children: (id: string) => Element | unknown }) {
  const id = createUniqueId();
  return (
    <div class="grid gap-1">
      <label for={id} class="text-sm">
        {props.label}
      </label>
      {props.children(id) as never}
    </div>
  );
}

/** Amounts are before VAT; what the credit holds beyond the charges goes back by a credit note. */
function Effect(props: { of: Schemas["PlannedChangeOut"] }) {
  const money = (cents: number) => fmt.money(cents, props.of.currency);
  return (
    <dl class="bg-base-200 grid gap-1 rounded p-3 text-sm" aria-live="polite">
      <Show when={props.of.starts_on}>
        {(day) => <Amount label={t("change.startsOn")} value={fmt.day(day())} />}
      </Show>
      <Show when={props.of.credit_cents > 0}>
        <Amount
          label={t("change.credit", { days: fmt.quantity(props.of.remaining_days) })}
          value={money(-props.of.credit_cents)}
        />
      </Show>
      <Show when={props.of.charge_cents > 0}>
        <Amount label={t("change.charge")} value={money(props.of.charge_cents)} />
      </Show>
      <Show when={props.of.rest_cents > 0}>
        <Amount label={t("change.rest")} value={money(props.of.rest_cents)} />
      </Show>
      <Amount label={t("change.price")} value={money(props.of.unit_price_cents * props.of.quantity)} />
    </dl>
  );
}

const Amount = (props: { label: string; value: string }) => (
  <div class="flex flex-wrap justify-between gap-x-4">
    <dt class="text-muted">{props.label}</dt>
    <dd class="whitespace-nowrap">{props.value}</dd>
  </div>
);
