import { A, useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, type SubscriptionStatus, useQuery } from "../../api/queries";
import { t, tn } from "../../i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { PageHead } from "../../ui/layout";
import { Pagination } from "../../ui/Pagination";
import { oneOf, pageNumber } from "../../ui/params";
import { StatusBadge } from "../../ui/StatusBadge";
import { StatusFilter } from "../../ui/StatusFilter";
import { Async, EmptyState } from "../../ui/states";
import { useCan } from "../session/useCan";
import { nextStep } from "./nextStep";
import { Price } from "./Price";

const STATUSES = [
  "active",
  "trialing",
  "cancelling",
  "past_due",
  "suspended",
  "pending",
  "cancelled",
  "expired",
] as const satisfies readonly SubscriptionStatus[];

const COLUMNS: readonly Column<Schemas["SubscriptionOut"]>[] = [
  {
    id: "service",
    header: () => t("subscriptions.service"),
    heads: true,
    cell: (subscription) => (
      <A href={`/subscriptions/${subscription.id}`} class="row-link font-medium">
        {subscription.service_name}
      </A>
    ),
  },
  { id: "plan", header: () => t("subscriptions.plan"), cell: (subscription) => subscription.plan_name },
  {
    id: "status",
    header: () => t("common.status"),
    cell: (subscription) => <StatusBadge status={subscription.status} />,
  },
  {
    id: "next",
    header: () => t("subscriptions.renews"),
    cell: (subscription) => nextStep(subscription),
  },
  {
    id: "price",
    header: () => t("subscriptions.price"),
    align: "end",
    cell: (subscription) => <Price of={subscription} />,
  },
];

export default function Subscriptions() {
  const [params, setParams] = useSearchParams<{ status?: string; page?: string }>();
  const can = useCan();
  const status = () => oneOf(STATUSES, params.status);
  const list = useQuery(() => q.subscriptions({ status: status(), page: pageNumber(params.page) }));
  const choose = (next: SubscriptionStatus | undefined) => setParams({ status: next, page: undefined });
  return (
    <>
      <PageHead title={t("subscriptions.title")}>
        <StatusFilter statuses={STATUSES} value={status()} onChange={choose} />
      </PageHead>
      <Show when={!can("subscriptions:manage")}>
        <p class="text-muted mb-6 max-w-2xl">{t("roles.change")}</p>
      </Show>
      <section class="panel" aria-label={t("subscriptions.title")}>
        <Async query={list} lines={8}>
          {(page) => (
            <Show
              when={page().pagination.total > 0}
              fallback={
                <Show
                  when={status()}
                  fallback={
                    <EmptyState
                      icon="subscriptions"
                      title={t("subscriptions.empty")}
                      text={t("subscriptions.emptyText")}
                    />
                  }
                >
                  <EmptyState title={t("subscriptions.noMatch")}>
                    <button type="button" class="btn btn-plain btn-sm" onClick={() => choose(undefined)}>
                      {t("common.clearFilter")}
                    </button>
                  </EmptyState>
                </Show>
              }
            >
              <DataTable caption={t("subscriptions.title")} columns={COLUMNS} rows={page().data} />
              <Pagination
                pagination={page().pagination}
                count={tn("subscriptions.count", page().pagination.total)}
                onPage={(next) => setParams({ page: next === 1 ? undefined : String(next) })}
              />
            </Show>
          )}
        </Async>
      </section>
    </>
  );
}
