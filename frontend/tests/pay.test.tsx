import { screen, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import Invoice from "../src/features/invoices/Invoice";
import { rememberPayment } from "../src/features/payments/begun";
import { PayOpen } from "../src/features/payments/PayOpen";
import { goTo, waysToPay } from "../src/features/payments/ways";
import { ada, invoice } from "./cast";
import { one, page, refusal, refusedWith, serve } from "./server";
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
  mandate_reference: null,
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
  expect(await paid(asked)).toEqual({
    provider: "sandbox",
    return_url: `${location.origin}/billing/invoices/inv_1`,
  });
});

it("keeps the question open when the server refuses", async () => {
  open({ [PAY]: refusedWith("payment_under_way") });
  await press();
  expect(await screen.findByText(/^A payment of this invoice is under way\./)).toBeInTheDocument();
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

it("asks until a payment on the provider's page is booked, and says so", async () => {
  rememberPayment("inv_1");
  let shown: object = invoice;
  open({ "GET /api/v1/billing/invoices/inv_1": () => one(shown) });
  expect(await screen.findByText(/waiting for the payment provider/)).toBeInTheDocument();
  shown = { ...invoice, status: "paid", amount_due_cents: 0 };
  expect(await screen.findByText("€68.97 paid for SCAI-2026-000001.")).toBeInTheDocument();
  expect(screen.queryByText(/waiting for the payment provider/)).toBeNull();
  expect(sessionStorage).toHaveLength(0);
});

it("waits for no payment of another invoice", async () => {
  rememberPayment("inv_2");
  open({});
  await screen.findByText("Payments");
  expect(screen.queryByText(/waiting for the payment provider/)).toBeNull();
});

const second = { ...invoice, id: "inv_2", number: "SCAI-2026-000002", amount_due_cents: 103 };
const dollars = { ...invoice, id: "inv_3", number: "SCAI-2026-000003", currency: "USD" };
const payOpen = (rows: object[], answers: Record<string, Response> = {}) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(ada),
    "GET /api/v1/billing/invoices": page(rows),
    "GET /api/v1/billing/payment-methods": page([card]),
    "GET /api/v1/billing/payment-providers": page([transfer, sandbox]),
    ...answers,
  });
  show(PayOpen, "/");
  return asked;
};

it("offers what is open by currency, and asks for nothing else", async () => {
  const asked = payOpen([invoice, second, dollars]);
  expect(await screen.findByRole("button", { name: "Pay all €70.00" })).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Pay US$68.97" })).toBeInTheDocument();
  expect(new URL(asked.find((request) => request.url.includes("/invoices"))!.url).search).toBe(
    "?is_open=true&page_size=100",
  );
});

it.each([
  [one({ status: "succeeded" }), "2 invoices are paid, or will be as soon as the bank confirms it."],
  [refusal(409, "conflict", "x"), "1 invoice could not be paid. Open it and choose another way to pay."],
])("pays all that is open from the default method, one by one", async (last, words) => {
  const asked = payOpen([invoice, second], {
    [PAY]: one({ status: "pending" }),
    "POST /api/v1/billing/invoices/inv_2/pay": last,
  });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Pay all €70.00" }));
  const dialog = await screen.findByRole("dialog", { name: "Pay everything that is open?" });
  await within(dialog).findByText("Each invoice is charged to Card ···· 4242 on its own.");
  await user.click(within(dialog).getByRole("button", { name: "Pay all €70.00" }));
  expect(await screen.findByText(words)).toBeInTheDocument();
  const sent = asked.filter((request) => request.method === "POST");
  expect(sent.map((request) => new URL(request.url).pathname)).toEqual([
    "/api/v1/billing/invoices/inv_1/pay",
    "/api/v1/billing/invoices/inv_2/pay",
  ]);
  expect(new Set(sent.map((request) => request.headers.get("Idempotency-Key"))).size).toBe(2);
});

it("does not offer a card that has expired, and says so", async () => {
  const old = { ...card, id: "pmt_old", label: "Card ···· 1111", expires_month: 1, expires_year: 2020 };
  open({ "GET /api/v1/billing/payment-methods": page([old, card]) });
  await userEvent.setup().click(await screen.findByRole("button", { name: "Pay €68.97" }));
  expect(await screen.findByRole("radio", { name: "Card ···· 4242" })).toBeChecked();
  expect(screen.queryByRole("radio", { name: "Card ···· 1111" })).toBeNull();
  expect(screen.getByText(/^Card ···· 1111 expired in January 2020/)).toBeInTheDocument();
});
