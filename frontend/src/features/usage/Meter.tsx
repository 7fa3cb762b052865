import { Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";

type Use = Schemas["MetricUseOut"];

/** How much of a limit is used and left, as a bar and in words. */
export function Meter(props: { of: Use }) {
  const used = () => fmt.quantity(props.of.used);
  const amounts = () =>
    props.of.limit === null
      ? t("subscription.unlimited", { used: used() })
      : t("subscription.usageOf", { used: used(), limit: fmt.quantity(props.of.limit) });
  const share = () => Number(props.of.percent);
  const tone = () =>
    share() >= 100 ? "progress-error" : share() >= 80 ? "progress-warning" : "progress-success";
  return (
    <>
      <p class="mb-1.5 flex flex-wrap justify-between gap-x-4 text-sm">
        <span class="font-medium">{props.of.name}</span>
        <span>{amounts()}</span>
      </p>
      <Show when={props.of.limit}>
        {(limit) => (
          <progress
            class={`progress w-full ${tone()}`}
            aria-label={`${props.of.name}: ${amounts()}`}
            max={limit()}
            value={props.of.used}
          />
        )}
      </Show>
      <Show when={props.of.remaining !== null}>
        <p class={`mt-1 text-sm ${share() >= 100 ? "text-error" : "text-muted"}`}>
          {share() >= 100
            ? t("subscription.overLimit")
            : t("usage.left", { left: fmt.quantity(props.of.remaining!) })}
        </p>
      </Show>
    </>
  );
}
