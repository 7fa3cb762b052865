import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { expect, it } from "vitest";
import BillingProfile from "../src/features/billing-profile/BillingProfile";
import Dashboard from "../src/features/dashboard/Dashboard";
import Invoice from "../src/features/invoices/Invoice";
import Invoices from "../src/features/invoices/Invoices";
import PortalViews from "../src/features/portal-views/PortalViews";
import Notifications from "../src/features/notifications/Notifications";
import Organization from "../src/features/organization/Organization";
import OwnPreferences from "../src/features/preferences/OwnPreferences";
import Services from "../src/features/services/Services";
import Subscription from "../src/features/subscriptions/Subscription";
import Subscriptions from "../src/features/subscriptions/Subscriptions";
import { NO_CHOICES } from "../src/lib/choices";
import { acme, ada, drive, invoice, notice, pro, profile } from "./cast";
import { one, page, serve } from "./server";
import { show } from "./show";

const overview = {
  currency: "EUR",
  mrr_amount_cents: 5700,
  open_cents: 6897,
  overdue_cents: 0,
  credit_cents: 0,
  next_invoice_date: "2026-12-01",
  next_invoice_cents: 6897,
  next_credit_cents: 0,
  standing: "good",
};

// jsdom draws nothing, so colours are judged in the browser tests; and a page stands in a frame that is not here.
const RULES = { "color-contrast": { enabled: false }, region: { enabled: false } };

it.each([
  ["the dashboard", Dashboard, "/", "/", "Overview"],
  ["the subscriptions", Subscriptions, "/subscriptions", "/subscriptions", "ScaiKey"],
  ["a subscription", Subscription, "/subscriptions/:id", "/subscriptions/sub_pro", "Audit log"],
  ["the invoices", Invoices, "/billing/invoices", "/billing/invoices", "SCAI-2026-000001"],
  ["an invoice", Invoice, "/billing/invoices/:id", "/billing/invoices/inv_1", "Still open"],
  [
    "the billing details",
    BillingProfile,
    "/settings/billing-profile",
    "/settings/billing-profile",
    "Address",
  ],
  ["the notices", Notifications, "/notifications", "/notifications", "An invoice is there"],
  ["the services", Services, "/services", "/services", "ScaiDrive"],
  ["the organisation", Organization, "/settings/organization", "/settings/organization", "Tell us about"],
  ["the preferences", OwnPreferences, "/settings/preferences", "/settings/preferences", "Time zone"],
  ["who looked in", PortalViews, "/settings/portal-views", "/settings/portal-views", "Support access"],
])("%s breaks no rule of axe", async (_name, component, pattern, address, shown) => {
  serve({
    "GET /api/v1/auth/me": one(ada),
    "GET /api/v1/billing/overview": one(overview),
    "GET /api/v1/billing/billing-profile": one(profile),
    "GET /api/v1/billing/invoices": page([invoice]),
    "GET /api/v1/billing/invoices/inv_1": one(invoice),
    "GET /api/v1/notifications": page([notice]),
    "GET /api/v1/services": one([drive]),
    "GET /api/v1/usage/quotas": one([]),
    "GET /api/v1/organization": one(acme),
    "GET /api/v1/organization/users": page([]),
    "GET /api/v1/auth/me/preferences": one(NO_CHOICES),
    "GET /api/v1/organization/portal-views": page([]),
    "GET /api/v1/subscriptions": page([pro]),
    "GET /api/v1/subscriptions/sub_pro": one(pro),
  });
  const { container } = show(component, pattern, address);
  await screen.findAllByText(shown);
  const found = await axe.run(container, { rules: RULES });
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`)).toEqual([]);
});

it("the days of a statement break no rule of axe", async () => {
  serve({ "GET /api/v1/billing/invoices": page([invoice]) });
  const { container } = show(Invoices, "/billing/invoices");
  await userEvent.setup().click(await screen.findByRole("button", { name: "Statement of account" }));
  await screen.findByLabelText("First day");
  const found = await axe.run(container, { rules: RULES });
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`)).toEqual([]);
});
