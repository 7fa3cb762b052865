import type { QueryClient } from "@tanstack/solid-query";
import type { Schemas } from "../api/client";
import { q } from "../api/queries";
import { may, type Scope } from "../features/session/useCan";
import { language } from "../i18n";

interface Opening {
  cache: QueryClient;
  can: (scope: Scope) => boolean;
  /** What the address names: a subscription, a document, a service. */
  named: string;
}

// By page, what it asks for as it opens, under the very names that it has for it.
const FIRST: readonly (readonly [path: RegExp, ask: (opening: Opening) => unknown, scope?: Scope])[] = [
  [
    /^\/$/,
    ({ cache, can }) => {
      if (can("billing:read")) {
        void cache.prefetchQuery(q.billingProfile());
        void cache.prefetchQuery(q.overview());
        void cache.prefetchQuery(q.invoices({ page_size: 5 }));
        void cache.prefetchQuery(q.upcoming());
      }
      if (can("subscriptions:read")) void cache.prefetchQuery(q.subscriptions({ page_size: 5 }));
    },
  ],
  [
    /^\/services$/,
    ({ cache, can }) => {
      void cache.prefetchQuery(q.services(language()));
      if (can("subscriptions:read")) void cache.prefetchQuery(q.quotas());
    },
    "services:read",
  ],
  [
    /^\/subscriptions$/,
    ({ cache }) => cache.prefetchQuery(q.subscriptions({ page: 1 })),
    "subscriptions:read",
  ],
  [
    /^\/subscriptions\/([^/]+)$/,
    ({ cache, named }) => cache.prefetchQuery(q.subscription(named)),
    "subscriptions:read",
  ],
  [/^\/usage$/, ({ cache }) => cache.prefetchQuery(q.usage()), "subscriptions:read"],
  [
    /^\/usage\/([^/]+)$/,
    ({ cache, named }) => {
      void cache.prefetchQuery(q.usePeriods(named));
      void cache.prefetchQuery(q.serviceUsage(named, undefined));
      void cache.prefetchQuery(q.budget(named));
    },
    "subscriptions:read",
  ],
  [/^\/catalog$/, ({ cache }) => cache.prefetchQuery(q.offers()), "services:read"],
  [
    /^\/catalog\/([^/]+)$/,
    ({ cache, can, named }) => {
      void cache.prefetchQuery(q.plans(named));
      void cache.prefetchQuery(q.offers());
      void cache.prefetchQuery(q.quotes(named));
      if (can("subscriptions:read")) void cache.prefetchQuery(q.subscriptions({ page_size: 100 }));
    },
    "services:read",
  ],
  [
    /^\/billing\/invoices$/,
    ({ cache, can }) => {
      void cache.prefetchQuery(q.invoices({ page: 1 }));
      void cache.prefetchQuery(q.receivables());
      void cache.prefetchQuery(q.credits());
      void cache.prefetchQuery(q.paymentMethods());
      if (can("billing:manage")) void cache.prefetchQuery(q.openInvoices());
    },
    "billing:read",
  ],
  [
    /^\/billing\/invoices\/([^/]+)$/,
    ({ cache, can, named }) => {
      void cache.prefetchQuery(q.invoice(named));
      if (can("billing:manage")) void cache.prefetchQuery(q.creditBalance());
    },
    "billing:read",
  ],
  [
    /^\/billing\/payment-methods$/,
    ({ cache }) => {
      void cache.prefetchQuery(q.paymentMethods());
      void cache.prefetchQuery(q.paymentProviders());
    },
    "billing:read",
  ],
  [/^\/notifications$/, ({ cache }) => cache.prefetchQuery(q.notices({ page: 1, unread_only: false }))],
  [
    /^\/settings\/organization$/,
    ({ cache }) => {
      void cache.prefetchQuery(q.organization());
      void cache.prefetchQuery(q.people(1));
    },
    "billing:read",
  ],
  [
    /^\/settings\/billing-profile$/,
    async ({ cache }) => {
      void cache.prefetchQuery(q.vatStanding());
      const profile = await cache.fetchQuery(q.billingProfile()).catch(() => null);
      if (profile?.country_code) void cache.prefetchQuery(q.addressFormat(profile.country_code));
    },
    "billing:read",
  ],
  [/^\/settings\/portal-views$/, ({ cache }) => cache.prefetchQuery(q.portalViews(1)), "billing:manage"],
];

/**
 * Asks for what the page at an address will ask for, before anything is drawn: a slow telephone draws for a third of a
 * second until the page itself comes to it. A view that was narrowed by its address asks for itself.
 */
export function askFirst(cache: QueryClient, me: Schemas["MeOut"], { pathname, search }: Location): void {
  if (search || me.tenant_id === null) return;
  void cache.prefetchQuery(q.unreadNotices());
  if (me.portal_view === null) void cache.prefetchQuery(q.preferences());
  for (const [path, ask, scope] of FIRST) {
    const found = path.exec(pathname);
    if (found && (!scope || may(me, scope)))
      ask({ cache, can: (each) => may(me, each), named: decodeURIComponent(found[1] ?? "") });
  }
}
