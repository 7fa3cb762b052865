import { Route, Router } from "@solidjs/router";
import { lazy, type ParentProps, Show } from "solid-js";
import { session } from "../api/session";
import Dashboard from "../features/dashboard/Dashboard";
import { SignIn } from "../features/session/SignIn";
import { Shell } from "../ui/Shell";
import { Toasts } from "../ui/toasts";
import { NotFound } from "./NotFound";

const Subscriptions = lazy(() => import("../features/subscriptions/Subscriptions"));
const Subscription = lazy(() => import("../features/subscriptions/Subscription"));
const Invoices = lazy(() => import("../features/invoices/Invoices"));
const Invoice = lazy(() => import("../features/invoices/Invoice"));
const PortalViews = lazy(() => import("../features/portal-views/PortalViews"));
const BillingProfile = lazy(() => import("../features/billing-profile/BillingProfile"));

/** The map of the portal: every address, and the page that answers it. */
export function Routes() {
  return (
    <Router root={Gate}>
      <Route path="/" component={Dashboard} />
      <Route path="/subscriptions" component={Subscriptions} />
      <Route path="/subscriptions/:id" component={Subscription} />
      <Route path="/billing/invoices" component={Invoices} />
      <Route path="/billing/invoices/:id" component={Invoice} />
      <Route path="/settings/billing-profile" component={BillingProfile} />
      <Route path="/settings/portal-views" component={PortalViews} />
      <Route path="*" component={NotFound} />
    </Router>
  );
}

function Gate(props: ParentProps) {
  return (
    <>
      <Show when={session() === "open"} fallback={<SignIn />}>
        <Shell>{props.children}</Shell>
      </Show>
      <Toasts />
    </>
  );
}
