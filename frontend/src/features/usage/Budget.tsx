import { createSignal, createUniqueId, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useRemoveBudget, useSetBudget } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";
import { Async, errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { Unsaved } from "../../ui/Unsaved";
import { useCan } from "../session/useCan";
import { minorUnits, typed } from "./amount";

const PARTS = [50, 80, 90];

/** What the service should cost in a period, and when to be told: seen by all, set by who may. */
export function Budget(props: { slug: string; currency: string; spent: number }) {
  const can = useCan();
  const query = useQuery(() => q.budget(props.slug));
  // One of another currency is of a plan that was held before: it limits nothing of what is shown here.
  const ours = (found: Schemas["BudgetOut"] | null) =>
    found?.currency === props.currency ? found : undefined;
  return (
    <Card title={t("budget.title")}>
      <Async query={query} lines={9}>
        {(found) => (
          <div class="grid gap-4 p-5">
            <Show when={ours(found())}>{(budget) => <Spent of={budget()} spent={props.spent} />}</Show>
            <Show
              when={can("billing:manage")}
              fallback={
                <Show when={!ours(found())}>{<p class="text-muted text-sm">{t("budget.none")}</p>}</Show>
              }
            >
              <Form slug={props.slug} currency={props.currency} of={ours(found())} />
            </Show>
          </div>
        )}
      </Async>
    </Card>
  );
}

function Spent(props: { of: Schemas["BudgetOut"]; spent: number }) {
  const said = () =>
    t("budget.spent", {
      spent: fmt.money(props.spent, props.of.currency),
      amount: fmt.money(props.of.amount_cents, props.of.currency),
    });
  const tone = () =>
    props.spent >= props.of.amount_cents
      ? "progress-error"
      : props.spent * 10 >= props.of.amount_cents * 8
        ? "progress-warning"
        : "progress-success";
  return (
    <div>
      <p class="mb-1.5 text-sm">{said()}</p>
      <progress
        class={`progress w-full ${tone()}`}
        aria-label={said()}
        max={props.of.amount_cents}
        value={props.spent}
      />
    </div>
  );
}

function Form(props: { slug: string; currency: string; of: Schemas["BudgetOut"] | undefined }) {
  const id = createUniqueId();
  const kept = () => (props.of ? typed(props.of.amount_cents, props.currency) : "");
  const [amount, setAmount] = createSignal<string>();
  const [percents, setPercents] = createSignal<readonly number[]>();
  const [onForecast, setOnForecast] = createSignal<boolean>();
  const [tried, setTried] = createSignal(false);
  const chosen = () => percents() ?? props.of?.percents ?? [80];
  const foreseen = () => onForecast() ?? props.of?.on_forecast ?? true;
  const cents = () => minorUnits(amount() ?? kept(), props.currency);
  const wrong = () => tried() && cents() === null;
  const changed = () => amount() !== undefined || percents() !== undefined || onForecast() !== undefined;
  const set = useSetBudget(() => props.slug);
  const remove = useRemoveBudget(() => props.slug);
  const parts = () => [...new Set([...PARTS, ...(props.of?.percents ?? [])])].toSorted((a, b) => a - b);
  const forget = () => {
    setAmount(undefined);
    setPercents(undefined);
    setOnForecast(undefined);
    setTried(false);
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    const wanted = cents();
    if (wanted === null) {
      document.getElementById(id)?.focus();
      return;
    }
    try {
      await set.mutateAsync({
        amount_cents: wanted,
        percents: [...chosen()],
        on_forecast: foreseen(),
        version: props.of?.version ?? null,
      });
    } catch {
      return; // Said beside the button; what was typed stays.
    }
    forget();
    toast("success", t("budget.saved"));
  };
  const takeBack = async () => {
    try {
      await remove.mutateAsync();
    } catch {
      return;
    }
    forget();
    toast("success", t("budget.removed"));
  };
  const toggle = (part: number, wanted: boolean) =>
    setPercents(wanted ? [...chosen(), part] : chosen().filter((each) => each !== part));

  return (
    <form class="grid gap-4 text-sm" onSubmit={(event) => void submit(event)} novalidate>
      <Unsaved changed={changed()} />
      <div class="grid gap-1">
        <label for={id}>{t("budget.amount", { currency: props.currency })}</label>
        <input
          id={id}
          class="input w-full"
          inputmode="decimal"
          autocomplete="off"
          value={amount() ?? kept()}
          aria-invalid={wrong()}
          aria-describedby={`${id}-said`}
          onInput={(event) => setAmount(event.currentTarget.value)}
        />
        <p id={`${id}-said`} class={wrong() ? "text-error" : "text-muted"}>
          {wrong() ? t("budget.noAmount") : t("budget.amountText")}
        </p>
      </div>
      <fieldset class="grid gap-1">
        <legend class="mb-1">{t("budget.tellAt")}</legend>
        <div class="flex flex-wrap gap-x-5 gap-y-1">
          <For each={parts()}>
            {(part) => (
              <label class="flex min-h-8 items-center gap-2">
                <input
                  type="checkbox"
                  class="checkbox checkbox-sm"
                  checked={chosen().includes(part)}
                  onChange={(event) => toggle(part, event.currentTarget.checked)}
                />
                {fmt.percent(String(part))}
              </label>
            )}
          </For>
        </div>
        <label class="flex min-h-8 items-center gap-2">
          <input
            type="checkbox"
            class="checkbox checkbox-sm"
            checked={foreseen()}
            onChange={(event) => setOnForecast(event.currentTarget.checked)}
          />
          {t("budget.onForecast")}
        </label>
      </fieldset>
      <Show when={set.error ?? remove.error}>
        {(error) => (
          <p role="alert" class="text-error">
            {errorMessage(error())}
          </p>
        )}
      </Show>
      <div class="flex flex-wrap gap-2">
        <button
          type="submit"
          class="btn btn-primary btn-sm"
          disabled={set.isPending}
          aria-busy={set.isPending}
        >
          {t("budget.save")}
        </button>
        <Show when={props.of}>
          <button
            type="button"
            class="btn btn-ghost btn-sm"
            disabled={remove.isPending}
            onClick={() => void takeBack()}
          >
            {t("budget.remove")}
          </button>
        </Show>
      </div>
    </form>
  );
}
