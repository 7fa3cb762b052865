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
type Preview = Schemas["ChangePreviewOut"];
type Moment = NonNullable<PlanChange["when"]>;
const MOMENTS: readonly Moment[] = ["now", "period_end"];

/** Another plan, quantity or both; what it costs and gives back is said before, and exactly that is done. */
export function ChangeDialog(props: { of: Detail; plan?: string | undefined; onClose: () => void }) {
  // oxlint-disable-next-line solid/reactivity -- Where one came from a plan, the dialog opens on it.
  const [chosenPlan, setPlan] = createSignal(props.plan);
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
      confirm={t(shown.data?.when === "period_end" ? "preview.confirm" : "change.confirm")}
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
      <Show when={asks() && shown.isPending}>
        <p role="status" class="text-muted min-h-24 text-sm">
          {t("preview.working")}
        </p>
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

/** What it moves before VAT, and the documents that follow it with lines and VAT, as they would be written now. */
function Effect(props: { of: Preview }) {
  const money = (cents: number) => fmt.money(cents, props.of.currency);
  return (
    <div class="grid gap-3" aria-live="polite">
      <dl class="bg-base-200 grid gap-1 rounded p-3 text-sm">
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
        <Amount label={t("preview.dueNow")} value={money(0)} />
      </dl>
      <For each={props.of.documents}>{(document) => <Follows of={document} />}</For>
    </div>
  );
}

/** A document that follows: nothing is charged before it. */
function Follows(props: { of: Preview["documents"][number] }) {
  const money = (cents: number) => fmt.money(cents, props.of.currency);
  return (
    <section class="border-base-300 rounded border p-3 text-sm">
      <h3 class="mb-2 font-semibold">
        {props.of.invoice_date
          ? t("preview.next", { date: fmt.day(props.of.invoice_date) })
          : t("preview.nextUndated")}
      </h3>
      <dl class="grid gap-1">
        <For each={props.of.lines}>
          {(line) => <Amount label={line.description} value={money(line.amount_cents)} />}
        </For>
        <Show when={props.of.lines.length > 0}>
          <Amount label={props.of.tax_label} value={money(props.of.tax_cents)} />
          <div class="border-base-300 mt-1 border-t pt-1 font-semibold">
            <Amount label={t("preview.total")} value={money(props.of.total_cents)} />
          </div>
        </Show>
        <For each={props.of.credits}>
          {(note) => (
            <Amount
              label={t("preview.creditNote", { number: note.invoice_number })}
              value={money(-note.total_cents)}
            />
          )}
        </For>
      </dl>
      <p class="text-muted mt-2 text-xs">{t("preview.usage")}</p>
    </section>
  );
}

const Amount = (props: { label: string; value: string }) => (
  <div class="flex flex-wrap justify-between gap-x-4">
    <dt class="min-w-0 break-words">{props.label}</dt>
    <dd class="ml-auto whitespace-nowrap">{props.value}</dd>
  </div>
);
