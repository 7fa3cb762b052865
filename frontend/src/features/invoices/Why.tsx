import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { language, t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Notice } from "../../ui/layout";
import { Pagination } from "../../ui/Pagination";
import { Async } from "../../ui/states";

type Line = Schemas["LineOut"];

/** How one line came about: its price version, brackets and days, and for use what it was added up from. */
export function Why(props: { invoice: string; line: Line }) {
  const [open, setOpen] = createSignal(false);
  return (
    <details class="mt-1 text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="link link-hover text-muted min-h-6 w-fit cursor-pointer">
        {t("why.title")}
        <span class="sr-only"> {props.line.description}</span>
      </summary>
      <Show when={open()}>
        <Steps invoice={props.invoice} line={props.line.id} />
        <Show when={props.line.metric_slug && props.line.credited_line_id === null}>
          <Use invoice={props.invoice} line={props.line.id} />
        </Show>
      </Show>
    </details>
  );
}

function Steps(props: { invoice: string; line: string }) {
  const query = useQuery(() => q.explanation(props.invoice, language(), props.line));
  return (
    <Async query={query} lines={4}>
      {(data) => (
        <div class="border-base-300 mt-1 grid gap-1 border-l-2 pl-3">
          <Show when={!data().matches}>
            <Notice tone="bad">
              <p>{t("invoice.explainMismatch")}</p>
            </Notice>
          </Show>
          <For each={data().parts}>
            {(part) => (
              <For each={part.sentences}>
                {(sentence) => <p class="text-muted break-words">{sentence}</p>}
              </For>
            )}
          </For>
        </div>
      )}
    </Async>
  );
}

function Use(props: { invoice: string; line: string }) {
  const query = useQuery(() => q.lineUse(props.invoice, props.line));
  return (
    <Async query={query} lines={6}>
      {(data) => (
        <div class="border-base-300 mt-2 grid gap-2 border-l-2 pl-3">
          <p class="flex flex-wrap justify-between gap-x-4 gap-y-1">
            <span class="font-medium">{t("why.days")}</span>
            <A
              class="link"
              href={`/usage/${data().service_slug}?period=${encodeURIComponent(data().counted_from)}`}
            >
              {t("usage.details")}
            </A>
          </p>
          <Show when={!data().is_unchanged}>
            <p>
              {t("why.changed", {
                charged: fmt.quantity(data().charged_quantity),
                now: fmt.quantity(data().quantity),
              })}
            </p>
          </Show>
          <ul>
            <For each={data().days.filter((day) => day.events > 0)}>
              {(day) => (
                <li>
                  <Day invoice={props.invoice} line={props.line} of={day} />
                </li>
              )}
            </For>
          </ul>
        </div>
      )}
    </Async>
  );
}

function Day(props: { invoice: string; line: string; of: Schemas["PointOut"] }) {
  const [open, setOpen] = createSignal(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="min-h-6 cursor-pointer">
        {fmt.utcDay(props.of.period_start)}: {fmt.quantity(props.of.quantity)}
        <span class="text-muted">
          {" "}
          · {t("usage.events")}: {fmt.quantity(props.of.events)}
        </span>
      </summary>
      <Show when={open()}>
        <Records invoice={props.invoice} line={props.line} day={props.of.period_start.slice(0, 10)} />
      </Show>
    </details>
  );
}

function Records(props: { invoice: string; line: string; day: string }) {
  const [page, setPage] = createSignal(1);
  const query = useQuery(() => q.useRecords(props.invoice, props.line, props.day, page()));
  return (
    <Async query={query} lines={4}>
      {(shown) => (
        <div class="border-base-300 my-1 border">
          <ul class="divide-base-300 divide-y">
            <For each={shown().data}>
              {(record) => (
                <li class="flex flex-wrap justify-between gap-x-4 px-3 py-1.5">
                  <span class="min-w-0">
                    <span class="block">{fmt.moment(record.occurred_at)}</span>
                    <span class="text-muted block font-mono text-xs break-all">{record.idempotency_key}</span>
                  </span>
                  <span>{fmt.quantity(record.quantity)}</span>
                </li>
              )}
            </For>
          </ul>
          <Show when={shown().pagination.total === 0}>
            <p class="text-muted p-3">{t("why.gone")}</p>
          </Show>
          <Pagination
            pagination={shown().pagination}
            count={`${t("usage.events")}: ${fmt.quantity(shown().pagination.total)}`}
            onPage={setPage}
          />
        </div>
      )}
    </Async>
  );
}
