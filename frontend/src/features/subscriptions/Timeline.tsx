import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { known, t } from "../../i18n";
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
                <time datetime={entry.at} title={fmt.relative(entry.at)}>
                  {fmt.moment(entry.at)}
                </time>
                <Show when={entry.actor}>
                  {(actor) => <> · {t("subscription.byActor", { actor: actor() })}</>}
                </Show>
              </p>
              <Show when={entry.message && entry.message !== title(entry)}>
                <p class="mt-1 text-sm">{entry.message}</p>
              </Show>
            </li>
          )}
        </For>
      </ol>
    </Card>
  );
}

/** The facts we have words for, in the reader's language; a newer fact by the server's own sentence. */
function title(entry: Entry): string {
  const key = `timeline.${entry.topic.replace(/\.v\d+$/, "").replaceAll(".", "_")}`;
  return known(key) ? String(t(key)) : entry.message;
}
