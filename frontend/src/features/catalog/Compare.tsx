import { For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { Card } from "../../ui/layout";
import { type Compared, compared } from "./compare";

/** Plans side by side, what differs before what is alike; where there is one plan there is nothing to compare. */
export function Compare(props: { plans: readonly Schemas["OfferedPlanOut"][]; held: string | undefined }) {
  const rows = () => compared(props.plans);
  const those = (differs: boolean) => rows().filter((row) => row.differs === differs);
  return (
    <Show when={props.plans.length > 1 && rows().length > 0}>
      <Card title={t("offer.compare")} class="mt-6">
        {/* Many plans do not fit on a phone: the table scrolls, also by keyboard. */}
        <div class="overflow-x-auto" role="group" aria-label={t("offer.compare")} tabindex="0">
          <table class="w-full text-sm">
            <thead>
              <tr>
                <th scope="col" class="px-5 py-3 text-left">
                  {t("offer.plan")}
                </th>
                <For each={props.plans}>
                  {(plan) => (
                    <th
                      scope="col"
                      class={`min-w-28 px-5 py-3 text-left ${plan.id === props.held ? "text-primary" : ""}`}
                    >
                      {plan.name}
                      <Show when={plan.id === props.held}>
                        <span class="block text-xs font-normal">{t("catalog.yours")}</span>
                      </Show>
                    </th>
                  )}
                </For>
              </tr>
            </thead>
            <Part title={t("offer.differs")} rows={those(true)} columns={props.plans.length + 1} />
            <Part title={t("offer.alike")} rows={those(false)} columns={props.plans.length + 1} />
          </table>
        </div>
      </Card>
    </Show>
  );
}

function Part(props: { title: string; rows: Compared[]; columns: number }) {
  return (
    <Show when={props.rows.length > 0}>
      <tbody>
        <tr>
          <th
            scope="rowgroup"
            colspan={props.columns}
            class="bg-base-200 text-muted px-5 py-2 text-left text-xs font-semibold"
          >
            {props.title}
          </th>
        </tr>
        <For each={props.rows}>
          {(row) => (
            <tr class="border-base-300 border-t">
              <th scope="row" class="min-w-36 px-5 py-2.5 text-left font-normal break-words">
                {row.name}
              </th>
              <For each={row.cells}>{(cell) => <td class="px-5 py-2.5">{cell}</td>}</For>
            </tr>
          )}
        </For>
      </tbody>
    </Show>
  );
}
