import { A } from "@solidjs/router";
import { For, Match, Show, Switch } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { language, t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Icon } from "../../ui/Icon";
import { PageHead } from "../../ui/layout";
import { Async, EmptyState } from "../../ui/states";
import { StatusBadge } from "../../ui/StatusBadge";
import { useCan } from "../session/useCan";

type Service = Schemas["OwnServiceOut"];
type Quota = Schemas["QuotaStatusOut"];

/** What the tenant may use, with the ways into it; and why not what it may not. */
export default function Services() {
  const can = useCan();
  const services = useQuery(() => q.services(language()));
  const quotas = useQuery(() => ({ ...q.quotas(), enabled: can("subscriptions:read") }));
  return (
    <>
      <PageHead title={t("services.title")} />
      <Async query={services} lines={8} frame={(state) => <div class="panel">{state}</div>}>
        {(list) => (
          <Show
            when={list().length > 0}
            fallback={
              <div class="panel">
                <EmptyState icon="services" title={t("services.empty")} text={t("services.emptyText")}>
                  <Show when={can("services:read")}>
                    <A href="/catalog" class="btn btn-primary btn-sm">
                      {t("services.toCatalog")}
                    </A>
                  </Show>
                </EmptyState>
              </div>
            }
          >
            <ul class="grid items-start gap-4 sm:grid-cols-2 xl:grid-cols-3">
              <For each={list()}>
                {(service) => (
                  <Tile
                    service={service}
                    quotas={(quotas.data ?? []).filter((one) => one.service_slug === service.service_slug)}
                  />
                )}
              </For>
            </ul>
          </Show>
        )}
      </Async>
    </>
  );
}

function Tile(props: { service: Service; quotas: readonly Quota[] }) {
  return (
    <li class="panel flex h-full flex-col" id={props.service.service_slug}>
      <div class="flex items-start gap-3 p-5">
        <Picture of={props.service} />
        <div class="min-w-0 flex-1">
          <h2 class="font-semibold break-words">{props.service.service_name}</h2>
          <p class="text-muted text-sm break-words">{props.service.description}</p>
        </div>
        <StatusBadge status={props.service.status} />
      </div>
      <div class="mt-auto grid gap-4 px-5 pb-5">
        <Why of={props.service} />
        <Show when={props.service.is_usable && props.quotas.length > 0}>
          <ul class="grid gap-1 text-sm">
            <For each={props.quotas}>{(quota) => <Limit quota={quota} />}</For>
          </ul>
        </Show>
        <Show when={props.service.links.length > 0}>
          <ul class="flex flex-wrap gap-2">
            <For each={props.service.links}>
              {(link, index) => (
                <li>
                  <a
                    href={link.url}
                    target="_blank"
                    rel="noopener noreferrer external"
                    class={`btn btn-sm ${index() === 0 ? "btn-primary" : "btn-plain"}`}
                    title={link.description || undefined}
                  >
                    {link.label}
                    <Icon name="outside" class="size-4" />
                    <span class="sr-only">
                      {props.service.service_name}, {t("services.newTab")}
                    </span>
                  </a>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </div>
    </li>
  );
}

/** The service's own picture where we serve it ourselves, else its first letter. */
function Picture(props: { of: Service }) {
  return (
    <Show
      when={props.of.icon_url?.startsWith("/") ? props.of.icon_url : undefined}
      fallback={
        <span
          class="bg-primary/10 text-primary rounded-box grid size-11 shrink-0 place-items-center text-lg font-semibold"
          aria-hidden="true"
        >
          {[...props.of.service_name.replace(/^Scai/, "")][0]}
        </span>
      }
    >
      {(source) => <img src={source()} alt="" width="44" height="44" class="rounded-box size-11 shrink-0" />}
    </Show>
  );
}

/** How long it may be used, what is wrong with it, or the true reason why it may not be used. */
function Why(props: { of: Service }) {
  const can = useCan();
  const day = () => (props.of.ends_at ? fmt.sellerDay(props.of.ends_at) : "");
  return (
    <div class="grid gap-1 text-sm empty:hidden">
      <Switch>
        <Match when={props.of.status === "pending"}>
          <p>{t("services.pending")}</p>
        </Match>
        <Match when={props.of.status === "suspended"}>
          <p class="text-error font-medium">{t("services.suspended")}</p>
          <p>{props.of.reason ? worded("reason", props.of.reason) : t("services.suspendedAsk")}</p>
        </Match>
        <Match when={props.of.status === "past_due"}>
          <p>{t("services.past_due")}</p>
        </Match>
        <Match when={props.of.status === "trialing" && day()}>
          <p>{t("subscriptions.trialUntil", { date: day() })}</p>
        </Match>
        <Match when={props.of.status === "cancelling" && day()}>
          <p>{t("subscriptions.endsOn", { date: day() })}</p>
        </Match>
      </Switch>
      <Show when={props.of.is_usable && props.of.health_status === "unreachable"}>
        <p class="text-warning">{t("services.unreachable")}</p>
      </Show>
      <Show when={props.of.is_usable && props.of.links.length === 0}>
        <p class="text-muted">{t("services.noLinks")}</p>
      </Show>
      <Show when={props.of.status === "past_due" && can("billing:read")}>
        <A href="/billing/invoices?status=past_due" class="link text-primary justify-self-start">
          {t("overview.seeOverdue")}
        </A>
      </Show>
    </div>
  );
}

function Limit(props: { quota: Quota }) {
  const used = () => fmt.quantity(props.quota.used);
  return (
    <li class="flex flex-wrap justify-between gap-x-4">
      <span class="text-muted inline-block first-letter:uppercase">
        {props.quota.metric_slug.replaceAll(/[_-]+/g, " ")}
      </span>
      <span class={props.quota.status === "exceeded" ? "text-error font-medium" : ""}>
        {props.quota.unlimited || props.quota.limit === null
          ? t("subscription.unlimited", { used: used() })
          : t("subscription.usageOf", { used: used(), limit: fmt.quantity(props.quota.limit) })}
      </span>
    </li>
  );
}
