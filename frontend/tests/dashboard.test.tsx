import { screen } from "@solidjs/testing-library";
import { expect, it } from "vitest";
import Dashboard from "../src/features/dashboard/Dashboard";
import { ada } from "./cast";
import { one, serve } from "./server";
import { show } from "./show";

const overview = {
  currency: "EUR",
  mrr_amount_cents: 0,
  open_cents: 0,
  overdue_cents: 0,
  credit_cents: 0,
  next_invoice_date: null,
  next_invoice_cents: 0,
  next_credit_cents: 0,
};

it.each([
  ["suspended", 0, /No payment is overdue/, ["See suspended services"]],
  [
    "suspended",
    900,
    /€9\.00 is past its due date\. What was suspended/,
    ["See suspended services", "See overdue invoices"],
  ],
  ["past_due", 900, /€9\.00 is past its due date\. Your services keep/, ["See overdue invoices"]],
  ["good", 0, /Nothing is overdue/, []],
])("says how a tenant stands that is %s and owes %i", async (standing, overdue_cents, words, links) => {
  serve({
    "GET /api/v1/auth/me": one({ ...ada, permissions: ["billing:read"] }),
    "GET /api/v1/billing/overview": one({ ...overview, standing, overdue_cents, open_cents: overdue_cents }),
  });
  show(Dashboard, "/");
  expect(await screen.findByText(words)).toBeInTheDocument();
  expect(screen.queryAllByRole("link", { name: /^See / }).map((link) => link.textContent)).toEqual(links);
});
