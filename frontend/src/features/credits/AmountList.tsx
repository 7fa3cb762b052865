import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { Card } from "../../ui/layout";

type Entry = { href: string; name: string; note: string; amount: string };

/** Amounts that stand beside the documents, each with where it came from; nothing at all where there is none. */
export function AmountList(props: { title: string; text: string; entries: Entry[] }) {
  return (
    <Show when={props.entries.length > 0}>
      <Card title={props.title} class="mb-6">
        <p class="text-muted px-5 pt-4 text-sm">{props.text}</p>
        <ul class="divide-base-300 divide-y">
          <For each={props.entries}>
            {(entry) => (
              <li class="flex items-baseline justify-between gap-4 px-5 py-3 text-sm">
                <span class="min-w-0 break-words">
                  <A href={entry.href} class="link font-medium">
                    {entry.name}
                  </A>
                  <span class="text-muted block">{entry.note}</span>
                </span>
                <span class="font-medium whitespace-nowrap">{entry.amount}</span>
              </li>
            )}
          </For>
        </ul>
      </Card>
    </Show>
  );
}
