import type { Schemas } from "../../api/client";
import { isPast } from "./expiry";

type Method = Schemas["PaymentMethodOut"];
type Provider = Schemas["ProviderOut"];

/** A stored method to charge, or a provider's own page to pay at. */
export type Way =
  | { kind: "method"; id: string; label: string; method: Method }
  | { kind: "provider"; id: string; label: string };

/**
 * The ways to pay at once, the default method first; a card that expired is none, and a bank transfer is sent by the
 * payer and stands beside.
 */
export function waysToPay(methods: readonly Method[], providers: readonly Provider[]): Way[] {
  const can = (slug: string, capability: string) =>
    providers.some((provider) => provider.slug === slug && provider.capabilities.includes(capability));
  const stored = methods
    .filter((method) => method.status === "active" && !isPast(method) && can(method.provider, "charge"))
    .toSorted((a, b) => Number(b.is_default) - Number(a.is_default))
    .map((method): Way => ({ kind: "method", id: method.id, label: method.label, method }));
  const pages = providers
    .filter((provider) => provider.capabilities.includes("redirect"))
    .map((provider): Way => ({ kind: "provider", id: provider.slug, label: provider.display_name }));
  return [...stored, ...pages];
}

/** Goes to a provider's page. What is no web address is not followed: it came over the wire. */
export function goTo(address: string, go: (href: string) => void = (href) => location.assign(href)): boolean {
  const target = URL.canParse(address, location.origin) ? new URL(address, location.origin) : null;
  if (!target || !["https:", "http:"].includes(target.protocol)) return false;
  go(target.href);
  return true;
}
