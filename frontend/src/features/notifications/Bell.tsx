import { A } from "@solidjs/router";
import { createMemo, Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t, tn } from "../../i18n";
import { Icon } from "../../ui/Icon";

const SHOWN = 99;

/** The way to the notices, with how many are unread. */
export function Bell() {
  const notices = useQuery(() => q.unreadNotices());
  const count = () => notices.data ?? 0;
  const label = () =>
    count() > 0
      ? tn("notices.unreadCount", count())
      : `${t("nav.notifications")}: ${t("notices.nothingNew")}`;
  return (
    <A
      href="/notifications"
      class="btn btn-ghost btn-square relative"
      aria-label={label()}
      title={label()}
      activeClass="place-here"
    >
      <Icon name="notifications" />
      <Show when={count() > 0}>
        <span class="count absolute top-0.5 right-0.5" aria-hidden="true">
          {count() > SHOWN ? `${SHOWN}+` : count()}
        </span>
      </Show>
    </A>
  );
}

/** Says it when something arrives while somebody is here; what was there before, the bell shows. */
export function Arrivals() {
  const count = useQuery(() => q.unreadNotices());
  const news = createMemo<{ seen?: number; words: string }>(
    ({ seen }) => {
      const now = count.data;
      if (now === undefined) return seen === undefined ? { words: "" } : { seen, words: "" };
      return { seen: now, words: seen !== undefined && now > seen ? tn("notices.unreadCount", now) : "" };
    },
    { words: "" },
  );
  return (
    <p role="status" class="sr-only">
      {news().words}
    </p>
  );
}
