const MARK = "scaicontrol.setup";

/** Where a provider's page sends the person back to. */
export const begun = (slug: string) =>
  `${location.origin}/billing/payment-methods?added=${encodeURIComponent(slug)}`;

/** What is being set up at a provider: kept by this tab, because an address may be somebody else's. */
export function rememberSetup(slug: string, reference: string): void {
  sessionStorage.setItem(MARK, JSON.stringify({ slug, reference }));
}

/** The setup that was begun in this tab with this provider, once. */
export function recallSetup(slug: string | undefined): { slug: string; reference: string } | null {
  const kept = sessionStorage.getItem(MARK);
  if (slug === undefined || kept === null) return null;
  sessionStorage.removeItem(MARK);
  const setup = JSON.parse(kept) as { slug: string; reference: string };
  return setup.slug === slug ? setup : null;
}
