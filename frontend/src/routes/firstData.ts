import type { QueryClient } from "@tanstack/solid-query";
import type { Schemas } from "../api/client";
import { q } from "../api/queries";
import { may, type Scope } from "../features/session/useCan";
import { walletBalances, walletLots } from "../features/wallet/queries";
import { language } from "../i18n";

interface Opening {
  ask: QueryClient["prefetchQuery"];
  cache: QueryClient;
  can: (scope: Scope) => boolean;
  /** What the address names: a subscription, a document, a service. */
  named: string;
}

// By page, what it asks for as it opens, under the very names that it has for it.
const FIRST: readonly (readonly [path: RegExp, ask: (opening: Opening) => unknown, scope?: Scope])[] = [
  [
    /^\/$/,
    ({ ask, can }) => {
      if (can("billing:read")) {
        void ask(q.billingProfile());
        void ask(q.overview());
        void ask(q.invoices({ page_size: 5 }));
        void ask(q.upcoming());
      }
      if (can("subscriptions:read")) void ask(q.subscriptions({ page_size: 5 }));
      if (can("billing:manage")) void ask(q.openInvoices());
    },
  ],
  [
    /^\/services$/,
    ({ ask, can }) => {
      void ask(q.services(language()));
      if (can("subscriptions:read")) void ask(q.quotas());
    },
    "services:read",
  ],
  [/^\/subscriptions$/, ({ ask }) => ask(q.subscriptions({ page: 1 })), "subscriptions:read"],
  [/^\/subscriptions\/([^/]+)$/, ({ ask, named }) => ask(q.subscription(named)), "subscriptions:read"],
  [/^\/usage$/, ({ ask }) => ask(q.usage()), "subscriptions:read"],
  [
    /^\/usage\/([^/]+)$/,
    ({ ask, named }) => {
      void ask(q.usePeriods(named));
      void ask(q.serviceUsage(named, undefined));
      void ask(q.budget(named));
    },
    "subscriptions:read",
  ],
  [
    /^\/catalog$/,
    ({ ask }) => {
      void ask(q.offers());
      void ask(q.packs());
    },
    "services:read",
  ],
  [
    /^\/packs$/,
    ({ ask, can }) => {
      void ask(q.packs());
      if (can("subscriptions:read")) void ask(q.packSubscriptions());
    },
    "services:read",
  ],
  [
    /^\/packs\/([^/]+)$/,
    ({ ask, can, named }) => {
      void ask(q.pack(named));
      if (can("subscriptions:read")) void ask(q.packSubscriptions());
    },
    "services:read",
  ],
  [
    /^\/catalog\/([^/]+)$/,
    ({ ask, can, named }) => {
      void ask(q.plans(named));
      void ask(q.offers());
      void ask(q.quotes(named));
      if (can("subscriptions:read")) void ask(q.subscriptions({ page_size: 100 }));
    },
    "services:read",
  ],
  [
    /^\/billing\/invoices$/,
    ({ ask, can }) => {
      void ask(q.invoices({ page: 1 }));
      void ask(q.receivables());
      void ask(q.credits());
      void ask(q.paymentMethods());
      if (can("billing:manage")) void ask(q.openInvoices());
    },
    "billing:read",
  ],
  [
    /^\/billing\/invoices\/([^/]+)$/,
    ({ ask, can, named }) => {
      void ask(q.invoice(named));
      if (can("billing:manage")) void ask(q.creditBalance());
    },
    "billing:read",
  ],
  [
    /^\/billing\/payment-methods$/,
    ({ ask }) => {
      void ask(q.paymentMethods());
      void ask(q.paymentProviders());
    },
    "billing:read",
  ],
  [
    /^\/wallet$/,
    ({ ask }) => {
      void ask(walletBalances());
      void ask(walletLots());
    },
    "billing:read",
  ],
  [/^\/notifications$/, ({ ask }) => ask(q.notices({ page: 1, unread_only: false }))],
  [
    /^\/settings\/organization$/,
    ({ ask }) => {
      void ask(q.organization());
      void ask(q.people(1));
    },
    "billing:read",
  ],
  [
    /^\/settings\/billing-profile$/,
    async ({ ask, cache }) => {
      void ask(q.vatStanding());
      await ask(q.billingProfile());
      const country = cache.getQueryData(q.billingProfile().queryKey)?.country_code;
      if (country) await ask(q.addressFormat(country));
    },
    "billing:read",
  ],
  [/^\/settings\/portal-views$/, ({ ask }) => ask(q.portalViews(1)), "billing:manage"],
];

/**
 * Asks for what the page at an address will ask for, before anything is drawn, and resolves when all of it is there:
 * at once where the page brought the answers (`scaicontrol/first_answers.py` has the same list by addresses). A view
 * that was narrowed by its address asks for itself.
 */
export async function askFirst(
  cache: QueryClient,
  me: Schemas["MeOut"],
  { pathname, search }: Location,
): Promise<void> {
  if (search || me.tenant_id === null) return;
  const asked: unknown[] = [];
  const ask: QueryClient["prefetchQuery"] = (options) => {
    const answer = cache.prefetchQuery(options);
    asked.push(answer);
    return answer;
  };
  void ask(q.unreadNotices());
  if (me.portal_view === null) void ask(q.preferences());
  for (const [path, first, scope] of FIRST) {
    const found = path.exec(pathname);
    if (found && (!scope || may(me, scope)))
      asked.push(
        first({ ask, cache, can: (each) => may(me, each), named: decodeURIComponent(found[1] ?? "") }),
      );
  }
  await Promise.all(asked);
}
