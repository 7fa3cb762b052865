import { createSignal, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { language, t } from "../../i18n";
import { Notice } from "../../ui/layout";
import { Async } from "../../ui/states";

type Part = Schemas["Explained"];

/** The VAT, the total and the seal, worked out again when somebody asks; each line says it for itself. */
export function Explained(props: { of: Schemas["OwnInvoiceOut"] }) {
  const [open, setOpen] = createSignal(false);
  return (
    <details
      class="border-base-300 border-t p-5 text-sm"
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary class="cursor-pointer font-medium">{t("invoice.explain")}</summary>
      <Show when={open()}>
        <Parts id={props.of.id} />
      </Show>
    </details>
  );
}

function Parts(props: { id: string }) {
  const query = useQuery(() => q.explanation(props.id, language()));
  return (
    <Async query={query} lines={4}>
      {(data) => (
        <div class="mt-3 grid gap-4">
          <Show when={!data().matches}>
            <Notice tone="bad">
              <p>{t("invoice.explainMismatch")}</p>
            </Notice>
          </Show>
          <For each={data().parts.filter((part) => part.part !== "line")}>
            {(part) => (
              <section>
                <h3 class="font-semibold">{title(part)}</h3>
                <For each={part.sentences}>
                  {(sentence) => <p class="text-muted break-words">{sentence}</p>}
                </For>
              </section>
            )}
          </For>
        </div>
      )}
    </Async>
  );
}

function title(part: Part): string {
  switch (part.part) {
    case "vat":
      return t("invoice.explainVat");
    case "total":
      return t("invoice.explainTotal");
    case "seal":
      return t("invoice.explainSeal");
    default:
      return part.title;
  }
}
