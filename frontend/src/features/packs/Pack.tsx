import { useParams } from "@solidjs/router";
import { createSignal, For, Match, Show, Switch } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card, Fact, Notice, PageHead } from "../../ui/layout";
import { StatusBadge } from "../../ui/StatusBadge";
import { Async, Skeleton } from "../../ui/states";
import { useCan } from "../session/useCan";
import { CancelDialog } from "./CancelDialog";
import { Contents } from "./Contents";
import { running } from "./running";
import { SubscribeDialog } from "./SubscribeDialog";

type Offered = Schemas["PackOut"];
type Held = Schemas["PackSubscriptionOut"];

/** A pack as one has it, else as it is on sale: what is no longer sold stays with who has it. */
export default function Pack() {
  const params = useParams<{ slug: string }>();
  const can = useCan();
  const held = useQuery(() => ({ ...q.packSubscriptions(), enabled: can("subscriptions:read") }));
  const mine = () => running(held.data ?? []).find((each) => each.pack_slug === params.slug);
  const pack = useQuery(() => ({ ...q.pack(params.slug), retry: false }));
  const back = () => ({ href: "/packs", place: t("packs.title") });
  return (
    <Switch
      fallback={
        <Async
          query={pack}
          lines={8}
          frame={(state) => (
            <>
              <PageHead title={t("packs.title")} back={back()} />
              <div class="panel">{state}</div>
            </>
          )}
        >
          {(data) => <OnSale of={data()} back={back()} />}
        </Async>
      }
    >
      <Match when={can("subscriptions:read") && held.isPending}>
        <PageHead title={t("packs.title")} back={back()} />
        <div class="panel">
          <Skeleton lines={8} />
        </div>
      </Match>
      <Match when={mine()}>{(one) => <Had of={one()} pack={pack.data} back={back()} />}</Match>
    </Switch>
  );
}

interface Back {
  href: string;
  place: string;
}

function OnSale(props: { of: Offered; back: Back }) {
  const can = useCan();
  const [asking, setAsking] = createSignal(false);
  const saved = () => props.of.items_price_cents - props.of.price_cents;
  return (
    <>
      <PageHead title={props.of.name} back={props.back}>
        <Show when={can("subscriptions:manage")}>
          <button type="button" class="btn btn-primary btn-sm" onClick={() => setAsking(true)}>
            {t("catalog.subscribe")}
          </button>
        </Show>
      </PageHead>
      <p class="text-muted mb-6 max-w-2xl empty:hidden">{props.of.description}</p>
      <div class="grid items-start gap-6 lg:grid-cols-3">
        <Contents
          class="lg:col-span-2"
          amount={t("packs.alone")}
          currency={props.of.currency}
          rows={props.of.items.map((item) => ({
            service: item.service_name,
            plan: item.plan_name,
            cents: item.item_price_cents,
          }))}
        />
        <Card title={t("packs.price")}>
          <div class="grid gap-4 p-5">
            <p>
              <span class="text-2xl font-semibold tracking-tight">
                {fmt.money(props.of.price_cents, props.of.currency)}
              </span>{" "}
              <span class="text-muted text-sm">
                {t(`interval.${props.of.billing_period}`)} · {t("catalog.beforeVat")}
              </span>
            </p>
            <Show when={saved() > 0}>
              <p class="text-sm font-medium">
                {t("packs.saves", { amount: fmt.money(saved(), props.of.currency) })}
              </p>
            </Show>
            <Show when={props.of.trial_days > 0}>
              <p class="text-sm font-medium">
                {t("packs.free", { days: fmt.quantity(props.of.trial_days) })}
              </p>
            </Show>
            <ul class="grid gap-2 text-sm empty:hidden">
              <For each={props.of.features.items}>{(item) => <li class="feature">{item}</li>}</For>
            </ul>
            <Show when={!can("subscriptions:manage")}>
              <p class="text-muted text-sm">{t("roles.buy")}</p>
            </Show>
          </div>
        </Card>
      </div>
      <Show when={asking()}>
        <SubscribeDialog pack={props.of} onClose={() => setAsking(false)} />
      </Show>
    </>
  );
}

function Had(props: { of: Held; pack: Offered | undefined; back: Back }) {
  const can = useCan();
  const [asking, setAsking] = createSignal(false);
  return (
    <>
      <PageHead title={props.of.pack_name} back={props.back} badge={<StatusBadge status={props.of.status} />}>
        <Show when={can("subscriptions:manage") && props.of.available_actions.includes("cancel")}>
          <button type="button" class="btn btn-plain btn-sm" onClick={() => setAsking(true)}>
            {t("subscription.cancel")}
          </button>
        </Show>
      </PageHead>
      <p class="text-muted mb-6 max-w-2xl empty:hidden">{props.pack?.description}</p>
      <div class="grid gap-6">
        <Situation of={props.of} />
        <div class="grid items-start gap-6 lg:grid-cols-3">
          <Contents
            class="lg:col-span-2"
            amount={t("packs.share")}
            currency={props.of.currency}
            rows={props.of.children.map((child) => ({
              service: child.service_name,
              plan: child.plan_name,
              cents: child.unit_price_cents,
              href: `/subscriptions/${child.subscription_id}`,
            }))}
          />
          <Card title={t("packs.price")}>
            <dl class="divide-base-300 divide-y px-5 py-2">
              <Fact label={t(`interval.${props.of.billing_period}`)}>
                {fmt.money(props.of.unit_price_cents, props.of.currency)}
              </Fact>
              <Fact label={t("packs.next")}>{next(props.of)}</Fact>
            </dl>
          </Card>
        </div>
      </div>
      <Show when={asking()}>
        <CancelDialog of={props.of} onClose={() => setAsking(false)} />
      </Show>
    </>
  );
}

function next(of: Held): string | null {
  if (of.status === "trialing" && of.trial_ends_at)
    return t("subscriptions.trialUntil", { date: fmt.day(of.trial_ends_at) });
  if (of.status === "cancelling" && of.pending_cancellation_at)
    return t("subscriptions.endsOn", { date: fmt.sellerDay(of.pending_cancellation_at) });
  if (of.status === "active" && of.current_period_end)
    return t("subscriptions.renewsOn", { date: fmt.sellerDay(of.current_period_end) });
  return null;
}

function Situation(props: { of: Held }) {
  return (
    <Switch>
      <Match when={props.of.status === "pending"}>
        <Notice tone="info">
          <p>{t("subscription.pendingText")}</p>
        </Notice>
      </Match>
      <Match when={props.of.status === "past_due"}>
        <Notice tone="bad">
          <p>{t("subscription.pastDueText")}</p>
        </Notice>
      </Match>
      <Match when={props.of.status === "suspended"}>
        <Notice tone="bad">
          <p>{t("subscription.suspendedText")}</p>
        </Notice>
      </Match>
    </Switch>
  );
}
