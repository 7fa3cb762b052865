import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { known, t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card } from "../../ui/layout";

type Entry = Schemas["TimelineEntryOut"];

export function Timeline(props: { entries: readonly Entry[] }) {
  return (
    <Card title={t("subscription.timeline")}>
      <ol class="timeline-list">
        <For each={props.entries}>
          {(entry) => (
            <li>
              <p class="font-medium">{title(entry)}</p>
              <p class="text-muted text-sm">
                <time datetime={entry.occurred_at} title={fmt.relative(entry.occurred_at)}>
                  {fmt.moment(entry.occurred_at)}
                </time>
              </p>
              <Show when={entry.reason}>
                {(reason) => <p class="mt-1 text-sm">{worded("reason", reason())}</p>}
              </Show>
            </li>
          )}
        </For>
      </ol>
    </Card>
  );
}

/** The steps we have words for, in the reader's language; a newer one by its own name. */
function title(entry: Entry): string {
  const key = `timeline.${entry.action.replace(/\.v\d+$/, "").replaceAll(".", "_")}`;
  return known(key) ? String(t(key)) : entry.action.replaceAll(/[._]+/g, " ");
}
