import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import Invoice from "../src/features/invoices/Invoice";
import { goTo, waysToPay } from "../src/features/payments/ways";
import { ada, invoice } from "./cast";
import { one, page, refusal, serve } from "./server";
import { show } from "./show";

const PAY = "POST /api/v1/billing/invoices/inv_1/pay";
const sandbox = { slug: "sandbox", display_name: "Sandbox", capabilities: ["charge", "redirect", "setup"] };
const transfer = { slug: "bank_transfer", display_name: "Bank transfer", capabilities: ["setup"] };
const card = {
  id: "pmt_card",
  provider: "sandbox",
  type: "card",
  label: "Card ···· 4242",
  last4: "4242",
  expires_month: 12,
  expires_year: 2029,
  country_code: "NL",
  is_default: true,
  status: "active",
  created_at: "2026-03-01T09:00:00Z",
};

const open = (answers: Record<string, Response | (() => Response)>, shown = invoice) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(ada),
    "GET /api/v1/billing/invoices/inv_1": one(shown),
    "GET /api/v1/billing/payment-methods": page([card]),
    "GET /api/v1/billing/payment-providers": page([transfer, sandbox]),
    ...answers,
  });
  show(Invoice, "/billing/invoices/:id", "/billing/invoices/inv_1");
  return asked;
};
const press = async () => {
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Pay €68.97" }));
  await screen.findByRole("radio", { name: "Card ···· 4242" });
  await user.click(screen.getAllByRole("button", { name: "Pay €68.97" }).at(-1)!);
};
const paid = async (asked: Request[]) => asked.find((request) => request.url.endsWith("/pay"))!.json();

it.each([
  ["succeeded", "€68.97 paid for SCAI-2026-000001."],
  ["pending", /is under way/],
  ["failed", /failed; nothing was charged/],
])("pays from the default method, and says when it has %s", async (status, words) => {
  const asked = open({ [PAY]: one({ status, redirect_url: null }) });
  await press();
  expect(await screen.findByText(words)).toBeInTheDocument();
  expect(await paid(asked)).toEqual({ payment_method_id: "pmt_card" });
});

it("pays on the provider's page and comes back to the invoice", async () => {
  const asked = open({ [PAY]: one({ status: "requires_action", redirect_url: "javascript:alert(1)" }) });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Pay €68.97" }));
  await user.click(await screen.findByRole("radio", { name: "On the page of Sandbox" }));
  await user.click(screen.getAllByRole("button", { name: "Pay €68.97" }).at(-1)!);
  expect(await screen.findByText(/is under way/)).toBeInTheDocument();
  expect(await paid(asked)).toEqual({ provider: "sandbox", return_url: location.href });
});

it("keeps the question open when the server refuses", async () => {
  open({ [PAY]: refusal(409, "conflict", "A payment of this invoice is under way.") });
  await press();
  expect(await screen.findByText("A payment of this invoice is under way.")).toBeInTheDocument();
});

it.each([
  ["it is paid", { ...invoice, amount_due_cents: 0, status: "paid" as const }, ada],
  ["the role may only read", invoice, { ...ada, permissions: ["billing:read"] }],
])("offers nothing to pay where %s", async (_why, shown, me) => {
  open({ "GET /api/v1/auth/me": one(me) }, shown);
  await screen.findByText("Payments");
  expect(screen.queryByRole("button", { name: /^Pay/ })).toBeNull();
});

it("shows what to transfer, with a picture to scan", async () => {
  const account = {
    account_holder: "Northwind",
    iban: "NL91 ABNA 0417 1643 00",
    bic: "ABNANL2A",
    reference: "SCAI-2026-000001",
    amount_cents: 6897,
    currency: "EUR",
    qr_image: "data:image/svg+xml;utf8,<svg/>",
  };
  open({}, { ...invoice, transfer: account });
  expect(await screen.findByText("NL91 ABNA 0417 1643 00")).toBeInTheDocument();
  expect(screen.getByRole("img", { name: "QR code of the bank transfer" })).toHaveAttribute(
    "src",
    account.qr_image,
  );
});

it("charges active methods of providers that can, the default first", () => {
  const second = { ...card, id: "pmt_2", is_default: false };
  const gone = { ...card, id: "pmt_3", status: "expired" };
  const sent = { ...card, id: "pmt_4", provider: "bank_transfer" };
  const ways = waysToPay([second, gone, sent, card], [transfer, sandbox]);
  expect(ways.map((way) => way.id)).toEqual(["pmt_card", "pmt_2", "sandbox"]);
});

it("follows web addresses only", () => {
  const go = vi.fn<(href: string) => void>();
  expect(goTo("javascript:alert(1)", go)).toBe(false);
  expect(goTo("/_dev/sandbox/pay", go)).toBe(true);
  expect(goTo("https://psp.example/x", go)).toBe(true);
  expect(go.mock.calls.flat()).toEqual([`${location.origin}/_dev/sandbox/pay`, "https://psp.example/x"]);
});
