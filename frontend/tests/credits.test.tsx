import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Schemas } from "../src/api/client";
import Invoice from "../src/features/invoices/Invoice";
import Invoices from "../src/features/invoices/Invoices";
import { ada, invoice } from "./cast";
import { one, page, serve } from "./server";
import { show } from "./show";

const LIST = "/billing/invoices";
const ONE = `${LIST}/:id`;
const credit: Schemas["CreditOut"] = {
  id: "crd_1",
  tenant_id: "tnt_acme",
  partner_id: "prt_northwind",
  currency: "EUR",
  source: "overpayment",
  source_id: "pay_1",
  invoice_id: "inv_1",
  amount_cents: 2000,
  remaining_cents: 1500,
  is_kept: false,
  order_id: null,
  version: 2,
  created_at: "2026-11-05T09:00:00Z",
};
const balance = [{ currency: "EUR", available_cents: 1500, kept_cents: 0 }];
const owed = { ...invoice, payments: [], failed_payments: [] };

it("says what is owed back, and where it came from", async () => {
  serve({
    "GET /api/v1/billing/invoices": page([invoice]),
    "GET /api/v1/billing/credits": page([credit]),
  });
  show(Invoices, LIST);
  expect(await screen.findByText("€15.00")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Paid beyond what was due" })).toHaveAttribute(
    "href",
    "/billing/invoices/inv_1",
  );
});

it("says what is owed beside the documents, and for which invoice", async () => {
  const twice: Schemas["ReceivableOut"] = {
    id: "rcv_1",
    tenant_id: "tnt_acme",
    partner_id: "prt_northwind",
    currency: "EUR",
    source: "refunded_again",
    source_id: "rfn_1",
    invoice_id: "inv_1",
    amount_cents: 2000,
    remaining_cents: 1250,
    written_off_cents: 0,
    version: 1,
    created_at: "2026-11-05T09:00:00Z",
  };
  serve({
    "GET /api/v1/billing/invoices": page([invoice]),
    "GET /api/v1/billing/receivables": page([twice]),
  });
  show(Invoices, LIST);
  expect(await screen.findByText("€12.50")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "A refund reached you twice" })).toHaveAttribute(
    "href",
    "/billing/invoices/inv_1",
  );
});

it("says nothing of credit where there is none", async () => {
  serve({ "GET /api/v1/billing/invoices": page([invoice]), "GET /api/v1/billing/credits": page([]) });
  show(Invoices, LIST);
  await screen.findByText("1 document");
  expect(screen.queryByText("Your credit")).toBeNull();
});

it("uses credit for an open invoice, once it is confirmed", async () => {
  const asked = serve({
    "GET /api/v1/auth/me": one(ada),
    [`GET /api/v1/billing/invoices/${invoice.id}`]: one(owed),
    "GET /api/v1/billing/credit-balance": one(balance),
    [`POST /api/v1/billing/invoices/${invoice.id}/apply-credit`]: one(owed),
  });
  show(Invoice, ONE, `${LIST}/${invoice.id}`);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Use €15.00 for it" }));
  expect(screen.getByText(/€15.00 of your credit settle this invoice/)).toBeInTheDocument();
  expect(asked.filter((request) => request.method === "POST")).toHaveLength(0);
  await user.click(screen.getAllByRole("button", { name: "Use €15.00 for it" }).at(-1)!);
  await waitFor(() => expect(asked.filter((request) => request.method === "POST")).toHaveLength(1));
  expect(asked.find((request) => request.method === "POST")!.headers.get("Idempotency-Key")).toBeTruthy();
});

it("offers no credit for what is paid", async () => {
  serve({
    "GET /api/v1/auth/me": one(ada),
    [`GET /api/v1/billing/invoices/${invoice.id}`]: one({ ...owed, status: "paid", amount_due_cents: 0 }),
    "GET /api/v1/billing/credit-balance": one(balance),
  });
  show(Invoice, ONE, `${LIST}/${invoice.id}`);
  await screen.findByText("Payments");
  expect(screen.queryByText(/You have a credit/)).toBeNull();
});
