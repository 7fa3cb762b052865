import { A, useParams } from "@solidjs/router";
import { createMemo, createSignal, For, Match, Show, Switch } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { PageHead } from "../../ui/layout";
import { Badge } from "../../ui/StatusBadge";
import { Async, EmptyState, Skeleton } from "../../ui/states";
import { useCan } from "../session/useCan";
import { Compare } from "./Compare";
import { included } from "./compare";
import { SubscribeDialog } from "./SubscribeDialog";
import { UsePrices } from "./UsePrices";

type Plan = Schemas["OfferedPlanOut"];
type Held = Schemas["SubscriptionOut"];

/** The plans of one service side by side, in the order of its provider; what one has is marked. */
export default function Plans() {
  const params = useParams<{ slug: string }>();
  const can = useCan();
  const plans = useQuery(() => q.plans(params.slug));
  const offers = useQuery(() => q.offers());
  const quotes = useQuery(() => q.quotes(params.slug));
  const own = useQuery(() => ({
    ...q.subscriptions({ page_size: 100 }),
    enabled: can("subscriptions:read"),
  }));
  const service = () => offers.data?.data.find((offer) => offer.slug === params.slug);
  const held = () =>
    (own.data?.data ?? []).filter((each) => each.service_slug === params.slug && !GONE.has(each.status));
  /** The one that runs: what is bought once stands in nobody's way. */
  const running = () => held().find((each) => each.billing_period !== "one_time");
  // All at once: what one has and what it costs would else move what is read already.
  const me = useQuery(() => q.me());
  const isKnown = createMemo<boolean>(
    (was) => was || !(me.isPending || quotes.isPending || (can("subscriptions:read") && own.isPending)),
    false,
  );
  return (
    <>
      <PageHead
        title={service()?.name ?? t("nav.catalog")}
        back={{ href: "/catalog", place: t("nav.catalog") }}
      />
      <p class="text-muted mb-6 min-h-6 max-w-2xl">{service()?.description}</p>
      <Async query={plans} lines={8} frame={(state) => <div class="panel">{state}</div>}>
        {(list) => (
          <Switch>
            <Match when={!isKnown()}>
              <div class="panel">
                <Skeleton lines={8} />
              </div>
            </Match>
            <Match when={list().length === 0}>
              <div class="panel">
                <EmptyState title={t("catalog.noPlans")} />
              </div>
            </Match>
            <Match when={true}>
              <ul class="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
                <For each={list()}>
                  {(plan) => (
                    <Offered
                      plan={plan}
                      service={service()?.name ?? ""}
                      slug={params.slug}
                      quote={quotes.data?.find((quote) => quote.plan_id === plan.id)}
                      held={plan.billing_period === "one_time" ? undefined : running()}
                      has={held().some((each) => each.plan_id === plan.id)}
                    />
                  )}
                </For>
              </ul>
              <Compare plans={list()} held={running()?.plan_id} />
            </Match>
          </Switch>
        )}
      </Async>
    </>
  );
}

const GONE: ReadonlySet<Schemas["SubscriptionStatus"]> = new Set(["cancelled", "expired"]);

function Offered(props: {
  plan: Plan;
  service: string;
  slug: string;
  quote: Schemas["QuoteOut"] | undefined;
  held: Held | undefined;
  has: boolean;
}) {
  return (
    <li class="panel flex flex-col gap-4 p-5">
      <div>
        <h2 class="flex flex-wrap items-center gap-2 text-lg font-semibold">
          {props.plan.name}
          <Show when={props.has}>
            <Badge tone="quiet">{t("catalog.yours")}</Badge>
          </Show>
        </h2>
        <p class="text-muted text-sm empty:hidden">{props.plan.description}</p>
      </div>
      <div>
        <p>
          <span class="text-2xl font-semibold tracking-tight">
            {fmt.money(props.plan.effective_price_cents, props.plan.effective_currency)}
          </span>{" "}
          <span class="text-muted text-sm">
            {t(`interval.${props.plan.billing_period}`)} · {t("catalog.beforeVat")}
          </span>
        </p>
        <Show when={props.quote}>{(quote) => <WithVat of={quote()} />}</Show>
        <Show when={(props.quote?.setup_cents ?? 0) > 0 && props.quote}>
          {(quote) => (
            <p class="text-sm">
              {t("offer.setup", { amount: fmt.money(quote().setup_cents, quote().currency) })}
            </p>
          )}
        </Show>
      </div>
      <Show when={props.quote}>{(quote) => <Trial of={quote()} />}</Show>
      <Show when={props.plan.term_months}>
        {(months) => <p class="text-sm">{t("catalog.term", { months: String(months()) })}</p>}
      </Show>
      <ul class="grid gap-2 text-sm">
        <For each={included(props.plan)}>{(item) => <li class="feature">{item}</li>}</For>
      </ul>
      <UsePrices plan={props.plan} />
      <Next {...props} />
    </li>
  );
}

/** The same price with the VAT of this buyer, where it is known. */
function WithVat(props: { of: Schemas["QuoteOut"] }) {
  return (
    <Show when={props.of.net_cents > 0 && props.of.charged_plan}>
      <p class="text-muted text-sm">
        {props.of.total_cents === null
          ? t("offer.vatLater")
          : t("offer.withVat", {
              amount: fmt.money(props.of.total_cents, props.of.currency),
              label: props.of.tax_label ?? "",
            })}
      </p>
    </Show>
  );
}

/** What is tried for how long, and what is charged after it. */
function Trial(props: { of: Schemas["QuoteOut"] }) {
  const said = () => {
    const of = props.of;
    if (of.trial_days === 0) return null;
    if (of.charged_on === null) return t("offer.thenEnds", { days: fmt.quantity(of.trial_days) });
    return t("offer.thenOn", {
      date: fmt.day(of.charged_on),
      amount: fmt.money(of.total_cents ?? of.net_cents, of.currency),
      interval: t(`interval.${of.billing_period}`),
    });
  };
  return <Show when={said()}>{(words) => <p class="text-sm font-medium">{words()}</p>}</Show>;
}

/** What can be done with the plan: take it, change to it, or look at what one has. */
function Next(props: Parameters<typeof Offered>[0]) {
  const can = useCan();
  const [asking, setAsking] = createSignal(false);
  const changeable = () =>
    can("subscriptions:manage") && (props.held?.available_actions.includes("change_plan") ?? false);
  return (
    <div class="mt-auto">
      <Switch>
        <Match when={props.held && props.has && props.held}>
          {(held) => (
            <A href={`/subscriptions/${held().id}`} class="btn btn-plain btn-sm w-full">
              {t("offer.see")}
            </A>
          )}
        </Match>
        <Match when={props.held && changeable() && props.held}>
          {(held) => (
            <A
              href={`/subscriptions/${held().id}?change=${encodeURIComponent(props.plan.plan_key)}`}
              class="btn btn-primary btn-sm w-full"
            >
              {t("offer.changeTo", { plan: props.plan.name })}
            </A>
          )}
        </Match>
        <Match when={props.held}>{null}</Match>
        <Match when={props.quote?.is_available === false}>
          <p class="text-muted text-sm">{t("offer.trialUsed")}</p>
        </Match>
        <Match when={can("subscriptions:manage")}>
          <button
            type="button"
            class="btn btn-primary btn-sm w-full"
            aria-label={t("catalog.subscribeTo", { plan: props.plan.name })}
            onClick={() => setAsking(true)}
          >
            {t("catalog.subscribe")}
          </button>
        </Match>
      </Switch>
      <Show when={asking()}>
        <SubscribeDialog
          plan={props.plan}
          slug={props.slug}
          service={props.service}
          onClose={() => setAsking(false)}
        />
      </Show>
    </div>
  );
}
