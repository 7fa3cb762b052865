import { createSignal, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { DataTable } from "../../ui/DataTable";

type Use = Schemas["MetricDetailOut"];

const DAY = 86_400_000;
const WIDTH = 10; // of a day, in the drawing's own measure
const HEIGHT = 100;

/**
 * The days of a period as bars, with a line for the limit: that of a gauge itself, that of a counter spread evenly over
 * the period's days. Arrow keys go from day to day, and the same numbers stand in a table.
 */
export function DayBars(props: { of: Use }) {
  const points = () => props.of.series;
  const [chosen, choose] = createSignal<number>();
  const at = () => Math.min(chosen() ?? points().length - 1, points().length - 1);
  const days = () => {
    const { period_start: start, period_end: end } = props.of;
    if (!start || !end) return points().length;
    const first = Math.floor(Date.parse(start) / DAY);
    return Math.max(Math.ceil(Date.parse(end) / DAY) - first, points().length);
  };
  const line = () => {
    if (props.of.limit === null) return null;
    return props.of.kind === "gauge" ? props.of.limit : props.of.limit / Math.max(days(), 1);
  };
  const top = () => Math.max(...points().map((point) => Number(point.quantity)), line() ?? 0) || 1;
  const height = (quantity: number) => (quantity / top()) * (HEIGHT - 4);
  const amount = (quantity: string) => `${fmt.quantity(quantity)} ${props.of.unit}`.trim();
  const said = (index: number) => {
    const point = points()[index];
    return point ? `${fmt.utcDay(point.period_start)}: ${amount(point.quantity)}` : "";
  };
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: at() - 1,
      ArrowRight: at() + 1,
      ArrowDown: at() - 1,
      ArrowUp: at() + 1,
      Home: 0,
      End: points().length - 1,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(Math.min(Math.max(next, 0), points().length - 1));
  };

  return (
    <Show when={points().length > 0}>
      <figure class="grid gap-2">
        <figcaption class="flex flex-wrap justify-between gap-x-4 text-sm">
          <span class="text-muted">{t("usage.perDay")}</span>
          <output class="font-medium">{said(at())}</output>
        </figcaption>
        <div
          role="slider"
          tabindex="0"
          class="rounded-field"
          aria-label={t("usage.dayOf", { metric: props.of.name })}
          aria-valuemin={1}
          aria-valuemax={points().length}
          aria-valuenow={at() + 1}
          aria-valuetext={said(at())}
          onKeyDown={move}
        >
          <svg
            class="h-40 w-full"
            viewBox={`0 0 ${days() * WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            aria-hidden="true"
          >
            <For each={points()}>
              {(point, index) => (
                <g onPointerEnter={() => choose(index())}>
                  <rect class="fill-transparent" x={index() * WIDTH} y="0" width={WIDTH} height={HEIGHT} />
                  <rect
                    class={index() === at() ? "fill-primary" : "fill-primary/55"}
                    x={index() * WIDTH + 1}
                    y={HEIGHT - height(Number(point.quantity))}
                    width={WIDTH - 2}
                    height={height(Number(point.quantity))}
                  />
                </g>
              )}
            </For>
            <line
              class="stroke-base-300"
              x1="0"
              x2={days() * WIDTH}
              y1={HEIGHT}
              y2={HEIGHT}
              stroke-width="2"
              vector-effect="non-scaling-stroke"
            />
            <Show when={line()}>
              {(limit) => (
                <line
                  class="stroke-error"
                  x1="0"
                  x2={days() * WIDTH}
                  y1={HEIGHT - height(limit())}
                  y2={HEIGHT - height(limit())}
                  stroke-width="2"
                  stroke-dasharray="6 4"
                  vector-effect="non-scaling-stroke"
                />
              )}
            </Show>
          </svg>
        </div>
        <p class="text-muted flex flex-wrap justify-between gap-x-4 text-xs">
          <span>{fmt.utcDay(points()[0]!.period_start)}</span>
          <Show when={line()}>
            {(limit) => (
              <span>
                <span class="text-error" aria-hidden="true">
                  ╌╌{" "}
                </span>
                {props.of.kind === "gauge"
                  ? t("usage.limitLine", { limit: fmt.quantity(props.of.limit!) })
                  : t("usage.evenLine", { limit: fmt.quantity(limit().toFixed(limit() < 10 ? 2 : 0)) })}
              </span>
            )}
          </Show>
          <span>
            {fmt.utcDay(new Date(Date.parse(points()[0]!.period_start) + (days() - 1) * DAY).toISOString())}
          </span>
        </p>
        <details class="text-sm">
          <summary class="link link-hover min-h-6 cursor-pointer">{t("usage.asTable")}</summary>
          <div class="border-base-300 mt-2 max-h-80 overflow-y-auto border" tabindex="0">
            <DataTable
              caption={t("usage.dayOf", { metric: props.of.name })}
              columns={[
                {
                  id: "day",
                  header: () => t("usage.day"),
                  heads: true,
                  cell: (point) => fmt.utcDay(point.period_start),
                },
                {
                  id: "quantity",
                  header: () => t("usage.used"),
                  align: "end",
                  cell: (point) => amount(point.quantity),
                },
                {
                  id: "events",
                  header: () => t("usage.events"),
                  align: "end",
                  cell: (point) => fmt.quantity(point.events),
                },
              ]}
              rows={points()}
            />
          </div>
        </details>
      </figure>
    </Show>
  );
}
