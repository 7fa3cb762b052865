import { keepPreviousData, queryOptions } from "@tanstack/solid-query";
import { api, must, mustData, type Schemas } from "./client";
import { greet, setViewing, startAnew } from "./session";
import type { Language } from "../i18n";
import { belongTo } from "../lib/brand";
import { setSellerZone } from "../lib/sellerZone";

export { useQuery } from "@tanstack/solid-query";

const PENDING_POLL = 5_000;
const NOTICES_POLL = 60_000;

export type SubscriptionStatus = Schemas["SubscriptionStatus"];
export type InvoiceStatus = Exclude<Schemas["InvoiceStatus"], "draft">;

export interface SubscriptionFilter {
  page?: number;
  page_size?: number;
  status?: SubscriptionStatus | undefined;
}

export type PlanChange = Pick<Schemas["ChangePlanIn"], "plan_key" | "quantity" | "when">;

/** Which of one's documents; days are issue dates, `q` is part of a number or an amount. */
export interface InvoiceChoice {
  status?: InvoiceStatus | undefined;
  document_type?: Schemas["DocumentType"] | undefined;
  from?: string | undefined;
  to?: string | undefined;
  q?: string | undefined;
}

export interface InvoiceFilter extends InvoiceChoice {
  page?: number;
  page_size?: number;
}

export type NoticeCategory = Schemas["NotificationOut"]["category"];

export interface NoticeFilter {
  page?: number;
  unread_only?: boolean;
  category?: NoticeCategory | undefined;
}

/** Everything the portal reads, by name. Pages know these names and nothing of the cache behind them. */
export const q = {
  me: () =>
    queryOptions({
      queryKey: ["me"],
      queryFn: async ({ signal }) => {
        const me = await mustData(api.GET("/api/v1/auth/me", { signal }));
        if (!greet(me)) return startAnew();
        setSellerZone(me.time_zone);
        belongTo(me.brand);
        setViewing(me.portal_view !== null);
        return me;
      },
      staleTime: 5 * 60_000,
    }),
  /** The services on sale to this tenant. */
  offers: () =>
    queryOptions({
      queryKey: ["offers"],
      queryFn: ({ signal }) => must(api.GET("/api/v1/catalog/services", { signal })),
    }),
  addressFormat: (country: string) =>
    queryOptions({
      queryKey: ["address-format", country],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/billing/address-formats/{country_code}", {
            params: { path: { country_code: country } },
            signal,
          }),
        ),
      enabled: country !== "",
      staleTime: Infinity,
    }),
  overview: () =>
    queryOptions({
      queryKey: ["overview"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/overview", { signal })),
    }),
  upcoming: () =>
    queryOptions({
      queryKey: ["upcoming"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/upcoming", { signal })),
    }),
  subscriptions: (filter: SubscriptionFilter = {}) =>
    queryOptions({
      queryKey: ["subscriptions", filter],
      queryFn: ({ signal }) =>
        must(api.GET("/api/v1/subscriptions", { params: { query: given(filter) }, signal })),
      placeholderData: keepPreviousData,
    }),
  /** What the services were used for in the periods that run now. */
  usage: () =>
    queryOptions({
      queryKey: ["usage"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/usage/summary", { signal })),
    }),
  /** One service in the period that begins at a moment, else in its newest. */
  serviceUsage: (slug: string, period: string | undefined) =>
    queryOptions({
      queryKey: ["usage", slug, period ?? ""],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/usage/by-service/{slug}", {
            params: { path: { slug }, query: given({ period }) },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  usePeriods: (slug: string) =>
    queryOptions({
      queryKey: ["usage-periods", slug],
      queryFn: ({ signal }) =>
        mustData(api.GET("/api/v1/usage/by-service/{slug}/periods", { params: { path: { slug } }, signal })),
    }),
  /** What a service should cost in a period; null where nobody said. */
  budget: (slug: string) =>
    queryOptions({
      queryKey: ["budget", slug],
      queryFn: ({ signal }) =>
        mustData(api.GET("/api/v1/usage/by-service/{slug}/budget", { params: { path: { slug } }, signal })),
    }),
  subscription: (id: string) =>
    queryOptions({
      queryKey: ["subscription", id],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/subscriptions/{subscription_id}", {
            params: { path: { subscription_id: id } },
            signal,
          }),
        ),
      // Provisioning takes seconds: show its end without a reload.
      refetchInterval: (query) => (query.state.data?.status === "pending" ? PENDING_POLL : false),
    }),
  /** What a service's plans cost this tenant. */
  plans: (service: string) =>
    queryOptions({
      queryKey: ["plans", service],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/catalog/services/{slug}/plans", { params: { path: { slug: service } }, signal }),
        ),
    }),
  /** What the first paid period of each plan costs this tenant, with VAT, and the trial it would get. */
  quotes: (service: string, quantity = 1, coupon = "") =>
    queryOptions({
      queryKey: ["quotes", service, quantity, coupon],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/catalog/services/{slug}/quotes", {
            params: { path: { slug: service }, query: { quantity, ...(coupon ? { coupon } : {}) } },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  /** The packs on sale to this tenant. */
  packs: () =>
    queryOptions({
      queryKey: ["packs"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/service-packs", { signal })),
    }),
  pack: (slug: string) =>
    queryOptions({
      queryKey: ["packs", slug],
      queryFn: ({ signal }) =>
        mustData(api.GET("/api/v1/service-packs/{slug}", { params: { path: { slug } }, signal })),
    }),
  /** What the tenant has of packs, the newest first; also what has ended. */
  packSubscriptions: () =>
    queryOptions({
      queryKey: ["pack-subscriptions"],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/service-packs/subscriptions", {
            params: { query: { page_size: 100 } },
            signal,
          }),
        ),
      // Its services are set up within seconds: show the end of that without a reload.
      refetchInterval: (query) =>
        query.state.data?.some((held) => held.status === "pending") ? PENDING_POLL : false,
    }),
  /** What a change would do, with the documents that follow; nothing is changed, and its hash applies exactly this. */
  change: (id: string, wanted: PlanChange) =>
    queryOptions({
      queryKey: ["subscription", id, "change", wanted],
      queryFn: ({ signal }) =>
        mustData(
          api.POST("/api/v1/subscriptions/{subscription_id}/preview-change", {
            params: { path: { subscription_id: id } },
            body: wanted,
            signal,
          }),
        ),
      retry: false,
      staleTime: 0,
    }),
  invoices: (filter: InvoiceFilter = {}) =>
    queryOptions({
      queryKey: ["invoices", filter],
      queryFn: ({ signal }) =>
        must(api.GET("/api/v1/billing/invoices", { params: { query: given(filter) }, signal })),
      placeholderData: keepPreviousData,
    }),
  /** What is still to be paid, of which a hundred can be shown at once. */
  openInvoices: () =>
    queryOptions({
      queryKey: ["invoices", "open"],
      queryFn: ({ signal }) =>
        must(
          api.GET("/api/v1/billing/invoices", {
            params: { query: { is_open: true, page_size: 100 } },
            signal,
          }),
        ),
    }),
  /** How the amounts of a document came about, in the reader's language. */
  explanation: (id: string, language: string, line?: string) =>
    queryOptions({
      queryKey: ["invoice", id, "explanation", language, line ?? ""],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/billing/invoices/{invoice_id}/explain", {
            params: { path: { invoice_id: id }, query: given({ language, line }) },
            signal,
          }),
        ),
    }),
  /** The days that a line of use was added up from. */
  lineUse: (id: string, line: string) =>
    queryOptions({
      queryKey: ["invoice", id, "use", line],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/billing/invoices/{invoice_id}/lines/{line_id}/usage", {
            params: { path: { invoice_id: id, line_id: line } },
            signal,
          }),
        ),
    }),
  /** What services reported on one day of a line of use, in its order. */
  useRecords: (id: string, line: string, day: string, page: number) =>
    queryOptions({
      queryKey: ["invoice", id, "use", line, day, page],
      queryFn: ({ signal }) =>
        must(
          api.GET("/api/v1/billing/invoices/{invoice_id}/lines/{line_id}/usage/records", {
            params: { path: { invoice_id: id, line_id: line }, query: { day, page, sort: "occurred_at" } },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  invoice: (id: string) =>
    queryOptions({
      queryKey: ["invoice", id],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/billing/invoices/{invoice_id}", { params: { path: { invoice_id: id } }, signal }),
        ),
      // Its files are being rendered: the page follows by itself.
      refetchInterval: (query) => (query.state.data?.pdf_url === null ? PENDING_POLL : false),
    }),
  /** The links in mails that open a document without a sign-in. */
  invoiceLinks: (id: string) =>
    queryOptions({
      queryKey: ["invoice", id, "links"],
      queryFn: ({ signal }) =>
        mustData(
          api.GET("/api/v1/billing/invoices/{invoice_id}/links", {
            params: { path: { invoice_id: id } },
            signal,
          }),
        ),
    }),
  creditBalance: () =>
    queryOptions({
      queryKey: ["credit-balance"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/credit-balance", { signal })),
    }),
  /** Credits with something left, the newest first. */
  credits: () =>
    queryOptions({
      queryKey: ["credits"],
      queryFn: ({ signal }) =>
        must(api.GET("/api/v1/billing/credits", { params: { query: { is_open: true } }, signal })),
    }),
  /** Money that is owed beside the documents, as long as any of it remains. */
  receivables: () =>
    queryOptions({
      queryKey: ["receivables"],
      queryFn: ({ signal }) =>
        must(api.GET("/api/v1/billing/receivables", { params: { query: { is_open: true } }, signal })),
    }),
  /** How pages speak to this person; what is null follows the browser and the language. */
  preferences: () =>
    queryOptions({
      queryKey: ["preferences"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/auth/me/preferences", { signal })),
      staleTime: 5 * 60_000,
    }),
  notices: (filter: NoticeFilter = {}) =>
    queryOptions({
      queryKey: ["notices", filter],
      queryFn: ({ signal }) =>
        must(api.GET("/api/v1/notifications", { params: { query: given(filter) }, signal })),
      placeholderData: keepPreviousData,
    }),
  /** How many notices this person has not read, asked again each minute while the page is in sight. */
  unreadNotices: () =>
    queryOptions({
      queryKey: ["notices", "unread"],
      queryFn: async ({ signal }) => {
        const query = { unread_only: true, page_size: 1 };
        return (await must(api.GET("/api/v1/notifications", { params: { query }, signal }))).pagination.total;
      },
      refetchInterval: NOTICES_POLL,
      retry: false,
    }),
  /** What the tenant holds, with launch links in the reader's language. */
  services: (locale: Language) =>
    queryOptions({
      queryKey: ["services", locale],
      queryFn: ({ signal }) =>
        mustData(api.GET("/api/v1/services", { params: { query: { locale } }, signal })),
    }),
  quotas: () =>
    queryOptions({
      queryKey: ["quotas"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/usage/quotas", { signal })),
    }),
  organization: () =>
    queryOptions({
      queryKey: ["organization"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/organization", { signal })),
    }),
  people: (page: number) =>
    queryOptions({
      queryKey: ["people", page],
      queryFn: ({ signal }) =>
        must(
          api.GET("/api/v1/organization/users", {
            params: { query: { page, sort: "display_name" } },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  /** Operators who looked at this portal, the newest first. */
  portalViews: (page: number) =>
    queryOptions({
      queryKey: ["portal-views", page],
      queryFn: ({ signal }) =>
        must(api.GET("/api/v1/organization/portal-views", { params: { query: { page } }, signal })),
      placeholderData: keepPreviousData,
    }),
  paymentMethods: () =>
    queryOptions({
      queryKey: ["payment-methods"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/payment-methods", { signal })),
    }),
  /** The ways to pay that the tenant's provider has switched on. */
  paymentProviders: () =>
    queryOptions({
      queryKey: ["payment-providers"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/payment-providers", { signal })),
      staleTime: 5 * 60_000,
    }),
  /** Which VAT one's invoices carry, and what VIES last said. */
  vatStanding: () =>
    queryOptions({
      queryKey: ["billing-profile", "vat"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/billing-profile/vat", { signal })),
    }),
  billingProfile: () =>
    queryOptions({
      queryKey: ["billing-profile"],
      queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/billing-profile", { signal })),
    }),
};

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is not asked for. */
export function given<T extends object>(filter: T): Given<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Given<T>;
}
