import { For, type JSX, Match, Show, Switch } from "solid-js";
import { ApiError } from "../api/errors";
import { viewing } from "../api/session";
import { t } from "../i18n";
import { Icon, type IconName } from "./Icon";
import { toast } from "./toasts";

/** Grey lines of about the final height, so that nothing jumps when the data comes. */
export function Skeleton(props: { lines?: number; class?: string }) {
  return (
    <div role="status" aria-busy="true" class={`grid gap-4 p-5 ${props.class ?? ""}`}>
      <span class="sr-only">{t("state.loading")}</span>
      <For each={Array.from({ length: props.lines ?? 3 })}>
        {(_line, index) => (
          <div class={`skeleton h-5 ${index() % 3 === 2 ? "w-2/3" : "w-full"}`} aria-hidden="true" />
        )}
      </For>
    </div>
  );
}

export function EmptyState(props: { title: string; text?: string; icon?: IconName; children?: JSX.Element }) {
  return (
    <div class="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <span class="bg-base-200 text-muted mb-1 grid size-12 place-items-center rounded-full">
        <Icon name={props.icon ?? "empty"} class="size-6" />
      </span>
      <p class="font-semibold">{props.title}</p>
      <Show when={props.text}>
        <p class="text-muted max-w-md text-sm">{props.text}</p>
      </Show>
      <Show when={props.children}>
        <div class="mt-3">{props.children}</div>
      </Show>
    </div>
  );
}

/** What happened, in the reader's language: never the server's own sentence, which is for operators. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof ApiError)) return t("state.server");
  if (error.status === 0) return t("state.network");
  if (error.unauthenticated) return t("state.signedOut");
  if (error.notReady) return t("invoice.notReady");
  if (error.refusal) return error.refusal;
  if (error.status === 403) return t(viewing() ? "view.forbidden" : "state.forbidden");
  if (error.status === 404) return t("state.missing");
  if (error.status === 429 || error.status === 503) return t("state.busy");
  if (error.status >= 500) return t("state.server");
  return t(error.status >= 400 ? "state.refused" : "state.server");
}

export function ErrorState(props: { error: unknown; retry?: () => void }) {
  // Asking again brings nothing back that does not exist.
  const absent = () => props.error instanceof ApiError && props.error.status === 404;
  const reference = () => (props.error instanceof ApiError ? props.error.requestId : undefined);
  return (
    <div role="alert" class="flex flex-col items-start gap-3 p-5 sm:flex-row">
      <span class="bg-error/10 text-error grid size-10 shrink-0 place-items-center rounded-full">
        <Icon name="alert" />
      </span>
      <div class="min-w-0 flex-1">
        <p class="font-semibold">{absent() ? t("nav.notFound") : t("state.error")}</p>
        <p class="text-sm">{errorMessage(props.error)}</p>
        <Show when={reference()}>{(id) => <Reference id={id()} />}</Show>
      </div>
      <Show when={absent() ? undefined : props.retry}>
        {(retry) => (
          <button type="button" class="btn btn-plain btn-sm" onClick={() => retry()()}>
            {t("state.retry")}
          </button>
        )}
      </Show>
    </div>
  );
}

/** The request id, which the log knows too; a click copies it. */
function Reference(props: { id: string }) {
  const copy = async () => {
    await navigator.clipboard.writeText(props.id);
    toast("info", t("state.copied"));
  };
  return (
    <p class="text-muted mt-1 text-xs">
      {t("state.reference")}{" "}
      <button
        type="button"
        class="link font-mono break-all"
        aria-label={t("state.copy", { id: props.id })}
        onClick={() => void copy()}
      >
        {props.id}
      </button>
    </p>
  );
}

export interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  isError: boolean;
  isPlaceholderData: boolean;
  refetch: () => unknown;
}

/**
 * The one way a page shows a query: skeleton, error with retry, or data. It reads state and never suspends. Data that
 * could not be refreshed stays and says so; data of the previous page stays, dimmed, until the next one is there.
 */
export function Async<T>(props: {
  query: QueryLike<T>;
  lines?: number;
  /** What stands around the skeleton or the error where the data brings a frame of its own. */
  frame?: (state: JSX.Element) => JSX.Element;
  children: (data: () => T) => JSX.Element;
}) {
  const retry = () => void props.query.refetch();
  const framed = (state: JSX.Element) => (props.frame ? props.frame(state) : state);
  return (
    <Switch>
      <Match when={props.query.isPending}>{framed(<Skeleton lines={props.lines ?? 3} />)}</Match>
      <Match when={props.query.isError && props.query.data === undefined}>
        {framed(<ErrorState error={props.query.error} retry={retry} />)}
      </Match>
      <Match when={props.query.data !== undefined}>
        <Show when={props.query.isError}>
          <p role="status" class="text-muted flex items-center gap-2 px-5 pt-3 text-sm">
            <Icon name="alert" class="size-4" />
            {t("state.stale")}
            <button type="button" class="link" onClick={retry}>
              {t("state.retry")}
            </button>
          </p>
        </Show>
        <div
          class="transition-opacity"
          aria-busy={props.query.isPlaceholderData}
          data-stale={props.query.isPlaceholderData ? "" : undefined}
        >
          {props.children(() => props.query.data as T)}
        </div>
      </Match>
    </Switch>
  );
}
