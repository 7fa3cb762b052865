import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

type Meter = Schemas["MeterUsageOut"];

const BAR: Record<Meter["status"], string> = {
  ok: "progress-success",
  warning: "progress-warning",
  exceeded: "progress-error",
};

export function Usage(props: { meters: readonly Meter[] }) {
  return (
    <Card title={t("subscription.usage")}>
      <ul class="grid gap-5 p-5">
        <For each={props.meters}>{(meter) => <Bar meter={meter} />}</For>
      </ul>
    </Card>
  );
}

function Bar(props: { meter: Meter }) {
  const used = () => fmt.quantity(props.meter.used);
  const amounts = () =>
    props.meter.limit === null
      ? t("subscription.unlimited", { used: used() })
      : t("subscription.usageOf", { used: used(), limit: fmt.quantity(props.meter.limit) });
  return (
    <li>
      <p class="mb-1.5 flex flex-wrap justify-between gap-x-4 text-sm">
        <span class="font-medium">{props.meter.metric_name}</span>
        <span>
          {amounts()} {props.meter.unit_label}
        </span>
      </p>
      <Show when={props.meter.limit}>
        {(limit) => (
          <progress
            class={`progress w-full ${BAR[props.meter.status]}`}
            aria-label={`${props.meter.metric_name}: ${amounts()}`}
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
