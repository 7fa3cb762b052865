import { A, useSearchParams } from "@solidjs/router";
import { createUniqueId, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useReadAllNotices, useReadNotice } from "../../api/mutations";
import { type NoticeCategory, q, useQuery } from "../../api/queries";
import { viewing } from "../../api/session";
import { t, tn } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Icon, type IconName } from "../../ui/Icon";
import { PageHead } from "../../ui/layout";
import { Pagination } from "../../ui/Pagination";
import { oneOf, pageNumber } from "../../ui/params";
import { Async, EmptyState, errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";

type Notice = Schemas["NotificationOut"];

const CATEGORIES = ["billing", "subscription", "usage", "provisioning", "security", "system"] as const;
const LOOK: Record<Notice["severity"], { icon: IconName; class: string }> = {
  info: { icon: "info", class: "text-info" },
  warning: { icon: "alert", class: "text-warning" },
  error: { icon: "alert", class: "text-error" },
};

/** What the tenant was told, by day, the newest first. */
export default function Notifications() {
  const [params, setParams] = useSearchParams<{ page?: string; category?: string; unread?: string }>();
  const category = () => oneOf(CATEGORIES, params.category);
  const onlyUnread = () => params.unread === "1";
  const list = useQuery(() =>
    q.notices({ page: pageNumber(params.page), category: category(), unread_only: onlyUnread() }),
  );
  const unread = useQuery(() => q.unreadNotices());
  const readAll = useReadAllNotices();
  const filtered = () => category() !== undefined || onlyUnread();
  const all = async () => {
    try {
      const { updated } = await readAll.mutateAsync();
      toast("success", tn("notices.marked", updated));
    } catch (error) {
      toast("error", errorMessage(error));
    }
  };
  return (
    <>
      <PageHead title={t("nav.notifications")}>
        <Show when={(unread.data ?? 0) > 0 && !viewing()}>
          <button
            type="button"
            class="btn btn-plain btn-sm"
            aria-busy={readAll.isPending}
            disabled={readAll.isPending}
            onClick={() => void all()}
          >
            {t("notices.readAll")}
          </button>
        </Show>
        <A href="/settings/organization" class="btn btn-ghost btn-sm">
          {t("notices.choose")}
        </A>
      </PageHead>
      <Filter
        category={category()}
        onlyUnread={onlyUnread()}
        onChange={(chosen) => setParams({ ...chosen, page: undefined })}
      />
      <section class="panel" aria-label={t("nav.notifications")}>
        <Async query={list} lines={8}>
          {(page) => (
            <Show
              when={page().pagination.total > 0}
              fallback={
                <EmptyState
                  icon="notifications"
                  title={t(filtered() ? "notices.noMatch" : "notices.empty")}
                  text={t(filtered() ? "notices.noMatchText" : "notices.emptyText")}
                >
                  <Show when={filtered()}>
                    <button
                      type="button"
                      class="btn btn-plain btn-sm"
                      onClick={() => setParams({ category: undefined, unread: undefined, page: undefined })}
                    >
                      {t("common.clearFilter")}
                    </button>
                  </Show>
                </EmptyState>
              }
            >
              <For each={byDay(page().data)}>{(day) => <Day name={day.name} notices={day.notices} />}</For>
              <Pagination
                pagination={page().pagination}
                count={tn("notices.count", page().pagination.total)}
                onPage={(next) => setParams({ page: next === 1 ? undefined : String(next) })}
              />
            </Show>
          )}
        </Async>
      </section>
    </>
  );
}

function Filter(props: {
  category: NoticeCategory | undefined;
  onlyUnread: boolean;
  onChange: (chosen: { category?: string | undefined; unread?: string | undefined }) => void;
}) {
  const id = createUniqueId();
  return (
    <div class="mb-4 flex flex-wrap items-center gap-x-6 gap-y-3 text-sm">
      <div class="flex items-center gap-2">
        <label for={id} class="text-muted">
          {t("notices.about")}
        </label>
        <select
          id={id}
          class="select select-sm w-auto min-w-36"
          data-filter
          onChange={(event) => props.onChange({ category: event.currentTarget.value || undefined })}
        >
          <option value="">{t("common.all")}</option>
          <For each={CATEGORIES}>
            {(category) => (
              <option value={category} selected={category === props.category}>
                {t(`notices.${category}`)}
              </option>
            )}
          </For>
        </select>
      </div>
      <label class="flex min-h-6 items-center gap-2">
        <input
          type="checkbox"
          class="checkbox checkbox-sm checkbox-primary"
          checked={props.onlyUnread}
          onChange={(event) => props.onChange({ unread: event.currentTarget.checked ? "1" : undefined })}
        />
        {t("notices.onlyUnread")}
      </label>
    </div>
  );
}

function Day(props: { name: string; notices: readonly Notice[] }) {
  const id = createUniqueId();
  return (
    <section aria-labelledby={id} class="border-base-300 not-first:border-t">
      <h2 id={id} class="text-muted bg-base-200 px-5 py-2 text-sm font-medium">
        {props.name}
      </h2>
      <ul class="divide-base-300 divide-y">
        <For each={props.notices}>{(notice) => <Row notice={notice} />}</For>
      </ul>
    </section>
  );
}

function Row(props: { notice: Notice }) {
  const read = useReadNotice();
  const isNew = () => props.notice.read_at === null;
  const mark = () => {
    if (isNew() && !viewing())
      read.mutate(props.notice.id, { onError: (error) => toast("error", errorMessage(error)) });
  };
  return (
    <li class="flex gap-3 px-5 py-4">
      <Icon name={LOOK[props.notice.severity].icon} class={`mt-0.5 ${LOOK[props.notice.severity].class}`} />
      <div class="min-w-0 flex-1">
        <p class={`break-words ${isNew() ? "font-semibold" : ""}`}>
          <Show when={isNew()}>
            <span class="sr-only">{t("notices.unread")}: </span>
          </Show>
          <Show when={within(props.notice.link)} fallback={props.notice.title}>
            {(link) => (
              <A href={link()} class="link link-hover" onClick={mark}>
                {props.notice.title}
              </A>
            )}
          </Show>
        </p>
        <Show when={props.notice.body}>
          <p class="text-sm break-words whitespace-pre-line">{props.notice.body}</p>
        </Show>
        <p class="text-muted mt-1 text-xs">
          {t(`notices.${props.notice.category}`)} · {fmt.time(props.notice.created_at)}
        </p>
      </div>
      <Show when={isNew()}>
        <div class="flex items-start gap-2">
          <Show when={!viewing()}>
            <button
              type="button"
              class="btn btn-ghost btn-sm btn-square"
              aria-label={t("notices.markRead", { title: props.notice.title })}
              title={t("notices.read")}
              disabled={read.isPending}
              onClick={mark}
            >
              <Icon name="check" class="size-4" />
            </button>
          </Show>
          <span class="bg-primary mt-3 size-2 rounded-full" aria-hidden="true" />
        </div>
      </Show>
    </li>
  );
}

/** Pages of this portal only: what a notice leads to is never another site. */
const within = (link: string | null) => (link !== null && /^\/(?!\/)/.test(link) ? link : undefined);

function byDay(notices: readonly Notice[]) {
  const days: { name: string; notices: Notice[] }[] = [];
  for (const notice of notices) {
    const name = fmt.day(notice.created_at);
    const last = days.at(-1);
    if (last?.name === name) last.notices.push(notice);
    else days.push({ name, notices: [notice] });
  }
  return days;
}
