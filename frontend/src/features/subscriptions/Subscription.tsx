import { useParams, useSearchParams } from "@solidjs/router";
import { createSignal, For, Match, Show, Switch } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { brand } from "../../lib/brand";
import { elapsed } from "../../lib/dates";
import { Card, DayFact, Fact, Notice, PageHead } from "../../ui/layout";
import { Async } from "../../ui/states";
import { StatusBadge } from "../../ui/StatusBadge";
import { useCan } from "../session/useCan";
import { CancelDialog } from "./CancelDialog";
import { ChangeDialog } from "./ChangeDialog";
import { Price, periodPrice } from "./Price";
import { ResumeDialog } from "./ResumeDialog";
import { Timeline } from "./Timeline";
import { UndoDialog } from "./UndoDialog";
import { Usage } from "./Usage";

type Detail = Schemas["SubscriptionStoryOut"];

export default function Subscription() {
  const params = useParams<{ id: string }>();
  const query = useQuery(() => q.subscription(params.id));
  const back = () => ({ href: "/subscriptions", place: t("nav.subscriptions") });
  return (
    <Async
      query={query}
      lines={8}
      frame={(state) => (
        <>
          <PageHead title={t("subscriptions.title")} back={back()} />
          <div class="panel">{state}</div>
        </>
      )}
    >
      {(data) => (
        <>
          <PageHead title={data().service_name} back={back()} badge={<StatusBadge status={data().status} />}>
            <Actions of={data()} />
          </PageHead>
          <div class="grid gap-6">
            <Situation of={data()} />
            <Announced of={data()} />
            <div class="grid items-start gap-6 lg:grid-cols-3">
              <div class="grid gap-6 lg:col-span-2">
                <Plan of={data()} />
                <Show when={data().usage.length > 0}>
                  <Usage meters={data().usage} service={data().service_slug} />
                </Show>
                <Show when={data().timeline.length > 0}>
                  <Timeline entries={data().timeline} />
                </Show>
              </div>
              <Details of={data()} />
            </div>
          </div>
        </>
      )}
    </Async>
  );
}

type Asking = "cancel" | "change" | "resume" | "undo";

/** What may be done now is the server's answer; a verb that is missing there has no button here. */
function Actions(props: { of: Detail }) {
  const can = useCan();
  // Whoever chose a plan in the catalogue comes here to change to it.
  const [params, setParams] = useSearchParams<{ change?: string }>();
  // oxlint-disable-next-line solid/reactivity -- It is what the page was opened with.
  const [asking, setAsking] = createSignal<Asking | undefined>(params.change ? "change" : undefined);
  const offers = (action: string) =>
    can("subscriptions:manage") && props.of.available_actions.includes(action);
  // A suspended one is resumed by an operator; a tenant takes back only its own cancellation.
  const resumable = () => offers("resume") && props.of.status === "cancelling";
  const changeable = () => offers("change_plan") && props.of.billing_period !== "one_time";
  const close = () => {
    setAsking(undefined);
    setParams({ change: undefined }, { replace: true });
  };
  return (
    <>
      <Show when={resumable()}>
        <button type="button" class="btn btn-primary btn-sm" onClick={() => setAsking("resume")}>
          {t("subscription.resume")}
        </button>
      </Show>
      <Show when={offers("undo_change")}>
        <button type="button" class="btn btn-plain btn-sm" onClick={() => setAsking("undo")}>
          {t("undo.button")}
        </button>
      </Show>
      <Show when={changeable()}>
        <button type="button" class="btn btn-plain btn-sm" onClick={() => setAsking("change")}>
          {t("subscription.change")}
        </button>
      </Show>
      <Show when={offers("cancel")}>
        <button type="button" class="btn btn-plain btn-sm" onClick={() => setAsking("cancel")}>
          {t("subscription.cancel")}
        </button>
      </Show>
      <Switch>
        <Match when={asking() === "cancel"}>
          <CancelDialog of={props.of} onClose={close} />
        </Match>
        <Match when={asking() === "change" && changeable()}>
          <ChangeDialog of={props.of} plan={params.change} onClose={close} />
        </Match>
        <Match when={asking() === "undo"}>
          <UndoDialog of={props.of} onClose={close} />
        </Match>
        <Match when={asking() === "resume"}>
          <ResumeDialog of={props.of} onClose={close} />
        </Match>
      </Switch>
    </>
  );
}

function Situation(props: { of: Detail }) {
  const date = (iso: string | null) => (iso ? fmt.sellerDay(iso) : "–");
  return (
    <Switch>
      <Match when={props.of.status === "pending"}>
        <Notice tone="info">
          <p>{t("subscription.pendingText")}</p>
        </Notice>
      </Match>
      <Match when={props.of.status === "trialing"}>
        <Notice tone="info">
          <p>{t("subscription.trialText", { date: date(props.of.trial_ends_at) })}</p>
        </Notice>
      </Match>
      <Match when={props.of.status === "cancelling"}>
        <Notice tone="warn">
          <p>{t("subscription.cancellingText", { date: date(props.of.pending_cancellation_at) })}</p>
        </Notice>
      </Match>
      <Match when={props.of.status === "past_due"}>
        <Notice tone="bad">
          <p>{t("subscription.pastDueText")}</p>
        </Notice>
      </Match>
      <Match when={props.of.status === "suspended"}>
        <Notice tone="bad">
          <p>
            {t("subscription.suspendedText")}{" "}
            {props.of.suspended_reason && worded("reason", props.of.suspended_reason)}
          </p>
        </Notice>
      </Match>
      <Match when={props.of.pending_plan_key}>
        {(plan) => (
          <Notice tone="info">
            <p>
              {t("subscription.waitingText", {
                plan: nameOfNext(props.of) ?? plan(),
                quantity: fmt.quantity(props.of.pending_quantity ?? props.of.quantity),
                date: date(props.of.current_period_last_day),
              })}
            </p>
          </Notice>
        )}
      </Match>
      <Match when={props.of.status === "cancelled" || props.of.status === "expired"}>
        <Notice tone="info">
          <p>{t("subscription.endedText")}</p>
        </Notice>
      </Match>
    </Switch>
  );
}

/** The name of the plan that waits, from the story: the subscription itself has its key alone. */
function nameOfNext(of: Detail): string | undefined {
  const told = of.timeline.find(({ action }) => action === "subscription.change_scheduled");
  return typeof told?.after?.["plan"] === "string" ? told.after["plan"] : undefined;
}

/** A new version of the plan, announced: what one period costs from which day. It stands beside what else is so. */
function Announced(props: { of: Detail }) {
  const price = () => periodPrice({ ...props.of, unit_price_cents: props.of.next_version_price_cents });
  return (
    <Show when={props.of.next_plan_version_at && price()}>
      {(amount) => (
        <Notice tone="info">
          <p>
            {t("subscription.announcedText", {
              date: fmt.sellerDay(props.of.next_plan_version_at!),
              price: `${amount()} ${t(`interval.${props.of.billing_period}`)}`,
            })}
          </p>
        </Notice>
      )}
    </Show>
  );
}

function Plan(props: { of: Detail }) {
  const items = () => props.of.plan.features.items ?? [];
  return (
    <Card title={props.of.plan_name} action={<Price of={props.of} />}>
      <div class="grid gap-4 p-5">
        <Show when={items().length > 0}>
          <div>
            <h3 class="text-muted mb-2 text-sm">{t("subscription.includes")}</h3>
            <ul class="grid gap-x-6 gap-y-2 sm:grid-cols-2">
              <For each={items()}>{(item) => <li class="feature">{item}</li>}</For>
            </ul>
          </div>
        </Show>
        <Period of={props.of} />
      </div>
    </Card>
  );
}

function Period(props: { of: Detail }) {
  const span = () => {
    const { current_period_start: start, current_period_end: end } = props.of;
    return start && end ? { start, end } : null;
  };
  return (
    <Show when={span()}>
      {(period) => (
        <div>
          <p class="mb-2 flex flex-wrap justify-between gap-x-4 text-sm">
            <span class="text-muted">{t("subscription.period")}</span>
            <span>{fmt.period(period().start, period().end)}</span>
          </p>
          <progress
            class="progress progress-primary w-full"
            aria-label={t("subscription.periodProgress")}
            max="1"
            value={elapsed(period().start, period().end, Date.now())}
          />
        </div>
      )}
    </Show>
  );
}

function Details(props: { of: Detail }) {
  return (
    <Card title={t("subscription.details")}>
      <dl class="divide-base-300 divide-y px-5 py-2 text-sm">
        <Fact label={t("subscription.price")}>
          <Price of={props.of} />
        </Fact>
        <Show when={props.of.quantity > 1}>
          <Fact label={t("subscription.quantity")}>{fmt.quantity(props.of.quantity)}</Fact>
        </Show>
        <DayFact label={t("subscription.started")} at={props.of.activated_at} />
        <DayFact label={t("subscription.term")} at={props.of.term_ends_at} />
        <Fact label={t("subscription.reference")}>{props.of.external_reference}</Fact>
        <Fact label={t("subscription.id")}>
          <span class="font-mono text-xs break-all">{props.of.id}</span>
        </Fact>
      </dl>
      <Show when={brand().withdrawal_url || brand().cancellation_url}>
        <p class="border-base-300 flex flex-wrap gap-x-4 gap-y-1 border-t px-5 py-3 text-sm">
          <For each={["withdrawal", "cancellation"] as const}>
            {(kind) => (
              <Show when={brand()[`${kind}_url`]}>
                {(address) => (
                  <a class="link" href={`${address()}&contract=${props.of.id}`} rel="external">
                    {t(`legal.${kind}`)}
                  </a>
                )}
              </Show>
            )}
          </For>
        </p>
      </Show>
    </Card>
  );
}
