import { A } from "@solidjs/router";
import { createEffect, createUniqueId, type JSX, Show } from "solid-js";
import { t } from "../i18n";
import { titled } from "../lib/brand";
import { Icon } from "./Icon";
import { When } from "./When";

/** The head of a page: where one came from, what it is, what can be done. Also names the browser's tab. */
export function PageHead(props: {
  title: string;
  tab?: string;
  back?: { href: string; place: string };
  badge?: JSX.Element;
  children?: JSX.Element;
}) {
  createEffect(() => {
    titled(props.tab ?? props.title);
  });
  return (
    <header class="mb-6">
      <Show when={props.back}>
        {(back) => (
          <A
            href={back().href}
            class="text-muted hover:text-base-content mb-2 -ml-1 inline-flex min-h-6 items-center gap-1 text-sm"
          >
            <Icon name="back" class="size-4" />
            {t("nav.back", { place: back().place })}
          </A>
        )}
      </Show>
      <div class="flex flex-wrap items-center gap-x-4 gap-y-3">
        <h1 class="text-2xl font-semibold tracking-tight break-words">{props.title}</h1>
        {props.badge}
        <Show when={props.children}>
          <div class="flex w-full flex-wrap gap-2 sm:ml-auto sm:w-auto">{props.children}</div>
        </Show>
      </div>
    </header>
  );
}

/** A titled region of a page. */
export function Card(props: { title: string; action?: JSX.Element; class?: string; children: JSX.Element }) {
  const heading = createUniqueId();
  return (
    <section class={`panel ${props.class ?? ""}`} aria-labelledby={heading}>
      <div class="border-base-300 flex min-h-14 flex-wrap items-center justify-between gap-2 border-b px-5 py-3">
        <h2 id={heading} class="font-semibold">
          {props.title}
        </h2>
        {props.action}
      </div>
      {props.children}
    </section>
  );
}

/** One fact of a description list; absent facts leave no row. */
export function Fact(props: { label: string; children: JSX.Element }) {
  return (
    <Show when={props.children}>
      <div class="flex flex-wrap justify-between gap-x-4 gap-y-1 py-2.5">
        <dt class="text-muted">{props.label}</dt>
        <dd class="text-right break-words">{props.children}</dd>
      </div>
    </Show>
  );
}

/** The same for a day. */
export function DayFact(props: { label: string; at: string | null }) {
  return (
    <Show when={props.at}>
      {(at) => (
        <Fact label={props.label}>
          <When at={at()} />
        </Fact>
      )}
    </Show>
  );
}

export function Notice(props: { tone: "info" | "warn" | "bad" | "good"; children: JSX.Element }) {
  return (
    <div class={`notice notice-${props.tone}`}>
      <Icon name={props.tone === "info" ? "info" : props.tone === "good" ? "check" : "alert"} />
      <div class="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-3">{props.children}</div>
    </div>
  );
}
