import { Show } from "solid-js";
import type { Schemas } from "../api/client";
import { t } from "../i18n";
import { Icon } from "./Icon";

/** How many there are, and the way to the other pages. */
export function Pagination(props: {
  pagination: Schemas["Pagination"];
  count: string;
  onPage: (page: number) => void;
}) {
  const pages = () => props.pagination.total_pages;
  const page = () => props.pagination.page;
  return (
    <div class="border-base-300 flex flex-wrap items-center gap-3 border-t px-5 py-3 text-sm">
      <p class="text-muted flex-1" role="status">
        {props.count}
      </p>
      <Show when={pages() > 1}>
        <nav class="flex items-center gap-2" aria-label={t("common.pages")}>
          <button
            type="button"
            class="btn btn-plain btn-sm btn-square"
            aria-label={t("common.previous")}
            disabled={page() <= 1}
            onClick={() => props.onPage(page() - 1)}
          >
            <Icon name="back" class="size-4" />
          </button>
          <span>{t("common.page", { page: String(page()), pages: String(pages()) })}</span>
          <button
            type="button"
            class="btn btn-plain btn-sm btn-square"
            aria-label={t("common.next")}
            disabled={page() >= pages()}
            onClick={() => props.onPage(page() + 1)}
          >
            <Icon name="next" class="size-4" />
          </button>
        </nav>
      </Show>
    </div>
  );
}
