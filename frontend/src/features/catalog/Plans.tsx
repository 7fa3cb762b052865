import { useParams } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { PageHead } from "../../ui/layout";
import { Badge } from "../../ui/StatusBadge";
import { Async, EmptyState } from "../../ui/states";
import { useCan } from "../session/useCan";
import { SubscribeDialog } from "./SubscribeDialog";

type Plan = Schemas["OfferedPlanOut"];

/** The plans of one service side by side, in the order of its provider; what one has is marked. */
export default function Plans() {
  const params = useParams<{ slug: string }>();
  const can = useCan();
  const plans = useQuery(() => q.plans(params.slug));
  const offers = useQuery(() => q.offers());
  const own = useQuery(() => ({
    ...q.subscriptions({ page_size: 100 }),
    enabled: can("subscriptions:read"),
  }));
  const service = () => offers.data?.data.find((offer) => offer.slug === params.slug);
  const has = (plan: Plan) =>
    (own.data?.data ?? []).some((each) => each.plan_id === plan.id && !GONE.has(each.status));
  return (
    <>
      <PageHead
        title={service()?.name ?? t("nav.catalog")}
        back={{ href: "/catalog", place: t("nav.catalog") }}
      />
      <p class="text-muted mb-6 max-w-2xl empty:hidden">{service()?.description}</p>
      <Async query={plans} lines={8} frame={(state) => <div class="panel">{state}</div>}>
        {(list) => (
          <Show
            when={list().length > 0}
            fallback={
              <div class="panel">
                <EmptyState title={t("catalog.noPlans")} />
              </div>
            }
          >
            <ul class="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
              <For each={list()}>
                {(plan) => <Offered plan={plan} service={service()?.name ?? ""} has={has(plan)} />}
              </For>
            </ul>
          </Show>
        )}
      </Async>
    </>
  );
}

const GONE: ReadonlySet<Schemas["SubscriptionStatus"]> = new Set(["cancelled", "expired"]);

function Offered(props: { plan: Plan; service: string; has: boolean }) {
  const can = useCan();
  const [asking, setAsking] = createSignal(false);
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
      <p>
        <span class="text-2xl font-semibold tracking-tight">
          {fmt.money(props.plan.effective_price_cents, props.plan.effective_currency)}
        </span>{" "}
        <span class="text-muted text-sm">
          {t(`interval.${props.plan.billing_period}`)} · {t("catalog.beforeVat")}
        </span>
      </p>
      <Show when={props.plan.trial_days > 0}>
        <p class="text-sm font-medium">{t("catalog.trial", { days: String(props.plan.trial_days) })}</p>
      </Show>
      <Show when={props.plan.term_months}>
        {(months) => <p class="text-sm">{t("catalog.term", { months: String(months()) })}</p>}
      </Show>
      <ul class="grid gap-2 text-sm">
        <For each={included(props.plan)}>{(item) => <li class="feature">{item}</li>}</For>
      </ul>
      <Show when={can("subscriptions:manage")}>
        <button
          type="button"
          class="btn btn-primary btn-sm mt-auto"
          aria-label={t("catalog.subscribeTo", { plan: props.plan.name })}
          onClick={() => setAsking(true)}
        >
          {t("catalog.subscribe")}
        </button>
      </Show>
      <Show when={asking()}>
        <SubscribeDialog plan={props.plan} service={props.service} onClose={() => setAsking(false)} />
      </Show>
    </li>
  );
}

/** What a plan includes, in its provider's words. */
function included(plan: Plan): string[] {
  const items: unknown = plan.features["items"];
  return Array.isArray(items) ? items.filter((item): item is string => typeof item === "string") : [];
}
