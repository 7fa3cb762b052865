/** What was begun on a provider's page: kept by this tab, because an address may be somebody else's. */
const SETUP = "scaicontrol.setup";
const PAYMENT = "scaicontrol.payment";

/** Where a provider's page sends the person back to who set up a payment method there. */
export const setUpAt = (slug: string) =>
  `${location.origin}/billing/payment-methods?added=${encodeURIComponent(slug)}`;

export function rememberSetup(slug: string, reference: string): void {
  sessionStorage.setItem(SETUP, JSON.stringify({ slug, reference }));
}

/** The setup that was begun in this tab with this provider, once. */
export function recallSetup(slug: string | undefined): { slug: string; reference: string } | null {
  const kept = sessionStorage.getItem(SETUP);
  if (slug === undefined || kept === null) return null;
  sessionStorage.removeItem(SETUP);
  const setup = JSON.parse(kept) as { slug: string; reference: string };
  return setup.slug === slug ? setup : null;
}

export function rememberPayment(invoiceId: string): void {
  sessionStorage.setItem(PAYMENT, invoiceId);
}

/** Whether this tab comes back from paying this invoice on a provider's page; tells it once. */
export function recallPayment(invoiceId: string): boolean {
  if (sessionStorage.getItem(PAYMENT) !== invoiceId) return false;
  sessionStorage.removeItem(PAYMENT);
  return true;
}
