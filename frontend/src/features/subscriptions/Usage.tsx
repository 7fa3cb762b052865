import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

type Meter = Schemas["QuotaStatusOut"];

const BAR: Record<Meter["status"], string> = {
  ok: "progress-success",
  warning: "progress-warning",
  exceeded: "progress-error",
};

export function Usage(props: { meters: readonly Meter[]; service: string }) {
  return (
    <Card
      title={t("subscription.usage")}
      action={
        <A href={`/usage/${props.service}`} class="link link-hover text-primary text-sm font-medium">
          {t("usage.details")}
        </A>
      }
    >
      <ul class="grid gap-5 p-5">
        <For each={props.meters}>{(meter) => <Bar meter={meter} />}</For>
      </ul>
    </Card>
  );
}

function Bar(props: { meter: Meter }) {
  const used = () => fmt.quantity(props.meter.used);
  const amounts = () =>
    props.meter.unlimited || props.meter.limit === null
      ? t("subscription.unlimited", { used: used() })
      : t("subscription.usageOf", { used: used(), limit: fmt.quantity(props.meter.limit) });
  return (
    <li>
      <p class="mb-1.5 flex flex-wrap justify-between gap-x-4 text-sm">
        <span class="font-medium">{name(props.meter)}</span>
        <span>{amounts()}</span>
      </p>
      <Show when={!props.meter.unlimited && props.meter.limit}>
        {(limit) => (
          <progress
            class={`progress w-full ${BAR[props.meter.status]}`}
            aria-label={`${name(props.meter)}: ${amounts()}`}
            max={limit()}
            value={props.meter.used}
          />
        )}
      </Show>
      <Show when={props.meter.status !== "ok"}>
        <p class={`mt-1 text-sm ${props.meter.status === "exceeded" ? "text-error" : ""}`}>
          {props.meter.status === "exceeded" ? t("subscription.overLimit") : t("subscription.nearLimit")}
        </p>
      </Show>
    </li>
  );
}

/** "monthly_active_users" as "Monthly active users": a metric has no other name. */
function name(meter: Meter): string {
  const words = meter.metric_slug.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
