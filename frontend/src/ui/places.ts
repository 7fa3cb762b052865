import type { Scope } from "../features/session/useCan";

export interface Place {
  href: string;
  name:
    | "overview"
    | "services"
    | "subscriptions"
    | "usage"
    | "catalog"
    | "invoices"
    | "paymentMethods"
    | "wallet"
    | "notifications"
    | "organization"
    | "billingProfile"
    | "portalViews"
    | "preferences";
  /** The letter that leads there after `g`. */
  key: string;
  scope?: Scope;
  /** Where its pages stand, too. */
  also?: string;
}

/** The pages of the menu, which the keyboard knows too. */
export const PLACES: readonly Place[] = [
  { href: "/", name: "overview", key: "o" },
  { href: "/services", name: "services", key: "v", scope: "services:read" },
  { href: "/subscriptions", name: "subscriptions", key: "s", scope: "subscriptions:read" },
  { href: "/usage", name: "usage", key: "u", scope: "subscriptions:read" },
  { href: "/catalog", name: "catalog", key: "c", scope: "services:read", also: "/packs" },
  { href: "/billing/invoices", name: "invoices", key: "i", scope: "billing:read" },
  { href: "/billing/payment-methods", name: "paymentMethods", key: "m", scope: "billing:read" },
  { href: "/wallet", name: "wallet", key: "w", scope: "billing:read" },
  { href: "/notifications", name: "notifications", key: "n" },
  { href: "/settings/organization", name: "organization", key: "r" },
  { href: "/settings/billing-profile", name: "billingProfile", key: "b", scope: "billing:read" },
  { href: "/settings/preferences", name: "preferences", key: "p" },
  { href: "/settings/portal-views", name: "portalViews", key: "a", scope: "billing:manage" },
];
