import { Route, Router } from "@solidjs/router";
import { For, type ParentProps, Show } from "solid-js";
import { session, viewing, wasHere } from "../api/session";
import { SessionEnded } from "../features/session/SessionEnded";
import { SignIn } from "../features/session/SignIn";
import { later } from "../ui/later";
import { Shell } from "../ui/Shell";
import { Toasts } from "../ui/toasts";
import { NotFound } from "./NotFound";

/** The map of the portal: every address, and the page that answers it. */
const PAGES = [
  ["/", later(() => import("../features/dashboard/Dashboard"))],
  ["/services", later(() => import("../features/services/Services"))],
  ["/subscriptions", later(() => import("../features/subscriptions/Subscriptions"))],
  ["/subscriptions/:id", later(() => import("../features/subscriptions/Subscription"))],
  ["/usage", later(() => import("../features/usage/Usage"))],
  ["/usage/:slug", later(() => import("../features/usage/Service"))],
  ["/catalog", later(() => import("../features/catalog/Catalog"))],
  ["/catalog/:slug", later(() => import("../features/catalog/Plans"))],
  ["/packs", later(() => import("../features/packs/Packs"))],
  ["/packs/:slug", later(() => import("../features/packs/Pack"))],
  ["/billing/invoices", later(() => import("../features/invoices/Invoices"))],
  ["/billing/invoices/:id", later(() => import("../features/invoices/Invoice"))],
  ["/billing/payment-methods", later(() => import("../features/payments/PaymentMethods"))],
  ["/wallet", later(() => import("../features/wallet/Wallet"))],
  ["/notifications", later(() => import("../features/notifications/Notifications"))],
  ["/settings/organization", later(() => import("../features/organization/Organization"))],
  ["/settings/billing-profile", later(() => import("../features/billing-profile/BillingProfile"))],
  ["/settings/preferences", later(() => import("../features/preferences/OwnPreferences"))],
  ["/settings/portal-views", later(() => import("../features/portal-views/PortalViews"))],
] as const;

export function Routes() {
  return (
    <Router root={Gate}>
      <For each={PAGES}>{([path, component]) => <Route path={path} component={component} />}</For>
      <Route path="*" component={NotFound} />
    </Router>
  );
}

/** Loads the page at an address before anything is drawn: else the frame would be drawn first, and again with it. */
export async function loadPage(pathname: string): Promise<void> {
  const asked = pathname.split("/");
  const found = PAGES.find(([path]) => {
    const parts = path.split("/");
    return (
      parts.length === asked.length && parts.every((part, at) => part.startsWith(":") || part === asked[at])
    );
  });
  await found?.[1].preload().catch(() => undefined); // What cannot be loaded says so where it would stand.
}

/**
 * A session that ends under somebody's hands leaves the page in place: what was typed there is not lost. An operator's
 * view of the portal, in which nothing is typed, just ends.
 */
function Gate(props: ParentProps) {
  return (
    <>
      <Show
        when={session() === "open" || (session() === "ended" && wasHere() && !viewing())}
        fallback={<SignIn />}
      >
        <Shell>{props.children}</Shell>
        <SessionEnded />
      </Show>
      <Toasts />
    </>
  );
}
