import { A, useIsRouting, useLocation } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, For, type JSX, Match, Show, Switch } from "solid-js";
import { q, useQuery } from "../api/queries";
import { signedOut, viewing } from "../api/session";
import { Arrivals, Bell } from "../features/notifications/Bell";
import { signOut } from "../features/session/leave";
import { Operator } from "../features/session/Operator";
import { useCan } from "../features/session/useCan";
import { ViewBanner } from "../features/session/ViewBanner";
import { t } from "../i18n";
import { follow } from "../i18n/follow";
import { Brand, LegalLinks } from "./Brand";
import { useArriving } from "./firstSight";
import { focusMain } from "./focus";
import { Icon } from "./Icon";
import { PLACES } from "./places";
import { Preferences } from "./Preferences";
import { showPalette, Shortcuts, showShortcuts } from "./shortcuts";
import { ErrorState, Skeleton } from "./states";
import { toast } from "./toasts";

/** The frame around every page of a signed-in person. */
export function Shell(props: { children?: JSX.Element }) {
  const me = useQuery(() => q.me());
  const own = useQuery(() => ({ ...q.preferences(), enabled: Boolean(me.data?.tenant_id) && !viewing() }));
  const routing = useIsRouting();
  const location = useLocation();
  let menu!: HTMLElement;
  let main!: HTMLElement;
  const arriving = useArriving(() => main);

  createEffect(() => {
    if (own.data) void follow(own.data);
  });

  let shown = location.pathname;
  createEffect(() => {
    if (location.pathname === shown) return;
    shown = location.pathname;
    // The stylesheet keeps the menu in the page on wide screens, where it is never "open".
    if (menu.matches(":popover-open")) menu.hidePopover();
    focusMain();
  });

  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)]">
      {/* The router would only change the address; heard here, before it hears. */}
      <a
        href="#main"
        class="skip-link btn btn-primary"
        on:click={(event) => {
          event.preventDefault();
          focusMain();
        }}
      >
        {t("nav.skip")}
      </a>
      <Show when={routing() || arriving()}>
        <progress
          class="progress progress-primary fixed inset-x-0 top-0 z-40 h-0.5"
          aria-label={t("state.loading")}
        />
      </Show>
      <header class="bg-base-100 border-base-300 sticky top-0 z-20 flex items-center gap-2 border-b px-2 py-2 lg:hidden">
        <button
          type="button"
          class="btn btn-ghost btn-square"
          popovertarget="menu"
          aria-label={t("nav.menu")}
        >
          <Icon name="menu" class="size-6" />
        </button>
        <Brand />
        <Show when={me.data?.tenant_id}>
          <div class="ml-auto">
            <Bell />
          </div>
        </Show>
      </header>
      <aside id="menu" ref={menu} popover class="side-menu" aria-label={t("nav.menu")}>
        <div class="hidden min-h-16 items-start justify-between gap-2 pl-2 lg:flex">
          <Brand />
          <Show when={me.data?.tenant_id}>
            <div class="-mt-1.5">
              <Bell />
            </div>
          </Show>
        </div>
        <Show when={me.data?.tenant_id !== null}>
          <Find />
          <Places />
        </Show>
        <div class="mt-auto grid gap-3 pt-6">
          <Preferences />
          <Person />
          <LegalLinks />
        </div>
      </aside>
      <main
        id="main"
        ref={main}
        tabindex="-1"
        data-arriving={arriving() ? "" : undefined}
        class="mx-auto w-full max-w-6xl p-4 outline-none sm:p-6 lg:p-8"
      >
        <ViewBanner />
        <Switch>
          <Match when={me.isPending}>
            <Skeleton lines={6} />
          </Match>
          <Match when={me.isError && me.data === undefined}>
            <div class="panel">
              <ErrorState error={me.error} retry={() => void me.refetch()} />
            </div>
          </Match>
          <Match when={me.data?.tenant_id === null}>
            <Operator />
          </Match>
          <Match when={me.data}>{props.children}</Match>
        </Switch>
      </main>
      <Show when={me.data?.tenant_id}>
        <Arrivals />
        <Shortcuts />
      </Show>
    </div>
  );
}

function Find() {
  return (
    <button type="button" class="btn btn-plain btn-sm mb-3 justify-start font-normal" onClick={showPalette}>
      <Icon name="find" class="size-4" />
      <span class="flex-1 text-left">{t("nav.find")}</span>
      <kbd class="kbd kbd-xs hidden lg:inline-flex">Ctrl K</kbd>
    </button>
  );
}

function Places() {
  const can = useCan();
  const location = useLocation();
  const isHere = (also?: string) =>
    also !== undefined && (location.pathname === also || location.pathname.startsWith(`${also}/`));
  return (
    <nav aria-label={t("nav.main")}>
      <ul class="grid gap-1">
        <For each={PLACES.filter((place) => !place.scope || can(place.scope))}>
          {(place) => (
            <li>
              <A
                href={place.href}
                end={place.href === "/"}
                class="place"
                activeClass="place-here"
                classList={{ "place-here": isHere(place.also) }}
              >
                <Icon name={place.name} />
                {t(`nav.${place.name}`)}
              </A>
            </li>
          )}
        </For>
      </ul>
    </nav>
  );
}

function Person() {
  const me = useQuery(() => q.me());
  const cache = useQueryClient();
  const leave = async () => {
    try {
      const next = await signOut();
      cache.clear(); // The next person at this screen sees nothing of this one.
      signedOut();
      if (next) window.location.assign(next);
    } catch {
      toast("error", t("nav.signOutFailed"));
    }
  };
  return (
    <div class="border-base-300 flex items-center gap-1 border-t pt-3">
      <div class="min-w-0 flex-1 px-1 text-sm">
        <p class="truncate font-medium">{me.data?.display_name ?? me.data?.email}</p>
        <p class="text-muted truncate text-xs">{me.data?.tenant_name}</p>
      </div>
      <button
        type="button"
        class="btn btn-ghost btn-sm btn-square hidden lg:inline-flex"
        aria-label={t("nav.shortcuts")}
        title={t("nav.shortcuts")}
        onClick={showShortcuts}
      >
        <Icon name="keyboard" />
      </button>
      <button
        type="button"
        class="btn btn-ghost btn-sm btn-square"
        aria-label={t("nav.signOut")}
        title={t("nav.signOut")}
        onClick={() => void leave()}
      >
        <Icon name="exit" />
      </button>
    </div>
  );
}
