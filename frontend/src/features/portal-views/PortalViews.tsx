import { useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t, tn } from "../../i18n";
import { fmt } from "../../i18n/format";
import { type Column, DataTable } from "../../ui/DataTable";
import { PageHead } from "../../ui/layout";
import { Pagination } from "../../ui/Pagination";
import { pageNumber } from "../../ui/params";
import { Async, EmptyState } from "../../ui/states";

const COLUMNS: readonly Column<Schemas["PortalViewOut"]>[] = [
  { id: "who", header: () => t("portalViews.who"), heads: true, cell: (view) => view.operator_name },
  {
    id: "reason",
    header: () => t("portalViews.reason"),
    cell: (view) => <span class="break-words">{view.reason}</span>,
  },
  { id: "ticket", header: () => t("portalViews.ticket"), cell: (view) => view.ticket },
  { id: "begun", header: () => t("portalViews.begun"), cell: (view) => fmt.moment(view.begun_at) },
  { id: "ends", header: () => t("portalViews.ends"), cell: (view) => fmt.moment(view.ends_at) },
];

/** Who of the operators looked at this portal, when and why. */
export default function PortalViews() {
  const [params, setParams] = useSearchParams<{ page?: string }>();
  const list = useQuery(() => q.portalViews(pageNumber(params.page)));
  return (
    <>
      <PageHead title={t("portalViews.title")} />
      <p class="text-muted mb-6 max-w-2xl">{t("portalViews.text")}</p>
      <section class="panel" aria-label={t("portalViews.title")}>
        <Async query={list} lines={6}>
          {(page) => (
            <Show
              when={page().pagination.total > 0}
              fallback={
                <EmptyState
                  icon="portalViews"
                  title={t("portalViews.empty")}
                  text={t("portalViews.emptyText")}
                />
              }
            >
              <DataTable caption={t("portalViews.title")} columns={COLUMNS} rows={page().data} />
              <Pagination
                pagination={page().pagination}
                count={tn("portalViews.count", page().pagination.total)}
                onPage={(next) => setParams({ page: next === 1 ? undefined : String(next) })}
              />
            </Show>
          )}
        </Async>
      </section>
    </>
  );
}
