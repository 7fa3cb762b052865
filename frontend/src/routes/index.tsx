import { Route, Router } from "@solidjs/router";
import { type ParentProps, Show } from "solid-js";
import { session, viewing, wasHere } from "../api/session";
import { SessionEnded } from "../features/session/SessionEnded";
import { SignIn } from "../features/session/SignIn";
import { later } from "../ui/later";
import { Shell } from "../ui/Shell";
import { Toasts } from "../ui/toasts";
import { NotFound } from "./NotFound";

const page = later;

const Dashboard = page(() => import("../features/dashboard/Dashboard"));
const Subscriptions = page(() => import("../features/subscriptions/Subscriptions"));
const Subscription = page(() => import("../features/subscriptions/Subscription"));
const Usage = page(() => import("../features/usage/Usage"));
const ServiceUsage = page(() => import("../features/usage/Service"));
const Catalog = page(() => import("../features/catalog/Catalog"));
const Plans = page(() => import("../features/catalog/Plans"));
const Invoices = page(() => import("../features/invoices/Invoices"));
const Invoice = page(() => import("../features/invoices/Invoice"));
const PortalViews = page(() => import("../features/portal-views/PortalViews"));
const PaymentMethods = page(() => import("../features/payments/PaymentMethods"));
const Services = page(() => import("../features/services/Services"));
const Notifications = page(() => import("../features/notifications/Notifications"));
const Organization = page(() => import("../features/organization/Organization"));
const OwnPreferences = page(() => import("../features/preferences/OwnPreferences"));
const BillingProfile = page(() => import("../features/billing-profile/BillingProfile"));

/** The map of the portal: every address, and the page that answers it. */
export function Routes() {
  return (
    <Router root={Gate}>
      <Route path="/" component={Dashboard} />
      <Route path="/services" component={Services} />
      <Route path="/subscriptions" component={Subscriptions} />
      <Route path="/subscriptions/:id" component={Subscription} />
      <Route path="/usage" component={Usage} />
      <Route path="/usage/:slug" component={ServiceUsage} />
      <Route path="/catalog" component={Catalog} />
      <Route path="/catalog/:slug" component={Plans} />
      <Route path="/billing/invoices" component={Invoices} />
      <Route path="/billing/invoices/:id" component={Invoice} />
      <Route path="/billing/payment-methods" component={PaymentMethods} />
      <Route path="/notifications" component={Notifications} />
      <Route path="/settings/organization" component={Organization} />
      <Route path="/settings/billing-profile" component={BillingProfile} />
      <Route path="/settings/preferences" component={OwnPreferences} />
      <Route path="/settings/portal-views" component={PortalViews} />
      <Route path="*" component={NotFound} />
    </Router>
  );
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
