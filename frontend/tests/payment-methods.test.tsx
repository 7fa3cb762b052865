import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { expiry } from "../src/features/payments/expiry";
import PaymentMethods from "../src/features/payments/PaymentMethods";
import { rememberSetup } from "../src/features/payments/begun";
import { ada } from "./cast";
import { one, page, refusedWith, serve } from "./server";
import { show } from "./show";

const LIST = "/api/v1/billing/payment-methods";
const PLACE = "/billing/payment-methods";
const card = {
  id: "pmt_card",
  provider: "sandbox",
  type: "card",
  label: "Card ···· 4242",
  last4: "4242",
  expires_month: 12,
  expires_year: 2099,
  country_code: "NL",
  mandate_reference: null,
  is_default: true,
  status: "active",
  created_at: "2026-03-01T09:00:00Z",
};
const debit = {
  ...card,
  id: "pmt_debit",
  type: "sepa_debit",
  label: "Debit ···· 4300",
  is_default: false,
  mandate_reference: "MND-1",
};
const providers = [
  { slug: "sandbox", display_name: "Sandbox", capabilities: ["charge", "setup"] },
  { slug: "bank_transfer", display_name: "Bank transfer", capabilities: ["setup"] },
];

beforeEach(() => sessionStorage.clear());

const open = (answers: Record<string, Response | (() => Response)> = {}, address = PLACE) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(ada),
    [`GET ${LIST}`]: page([card, debit]),
    "GET /api/v1/billing/payment-providers": page(providers),
    ...answers,
  });
  return { asked, ...show(PaymentMethods, PLACE, address) };
};
const sent = (asked: Request[], method: string) =>
  asked.filter((request) => request.method === method).map((request) => new URL(request.url).pathname);

it("makes another one the default", async () => {
  const { asked } = open({ [`POST ${LIST}/pmt_debit/default`]: one({ ...debit, is_default: true }) });
  await userEvent.setup().click(await screen.findByRole("button", { name: "Make default: Debit ···· 4300" }));
  expect(await screen.findByText("Debit ···· 4300 is charged from now on.")).toBeInTheDocument();
  expect(sent(asked, "POST")).toEqual([`${LIST}/pmt_debit/default`]);
});

it("shows the mandate of a direct debit, and none for a card", async () => {
  open();
  expect(await screen.findByText("MND-1")).toBeInTheDocument();
  expect(screen.getByText(/You have authorised Northwind to send instructions/)).toBeInTheDocument();
  expect(screen.getAllByText("Your SEPA mandate")).toHaveLength(1);
});

it("says why the last one cannot be removed", async () => {
  open({ [`DELETE ${LIST}/pmt_card`]: refusedWith("last_payment_method", { method: "Card ···· 4242" }) });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Remove: Card ···· 4242" }));
  await user.click(await screen.findByRole("button", { name: "Remove" }));
  expect(await screen.findByText(/^Card ···· 4242 is your last payment method/)).toBeInTheDocument();
});

it("adds one that needs no page of its provider", async () => {
  const { asked } = open({
    "POST /api/v1/billing/payment-providers/bank_transfer/setup": one({
      reference: "bts_1",
      client_secret: null,
      redirect_url: null,
      instructions: "Every invoice states the account.",
    }),
    "POST /api/v1/billing/payment-providers/bank_transfer/confirm": one({ ...card, label: "Bank transfer" }),
  });
  await userEvent.setup().click(await screen.findByRole("button", { name: "Add: Bank transfer" }));
  expect(await screen.findByText("Bank transfer is added.")).toBeInTheDocument();
  const confirmed = asked.find((request) => request.url.endsWith("/confirm"))!;
  expect(await confirmed.json()).toEqual({ reference: "bts_1", make_default: true });
});

it("finishes what this tab began at a provider, once", async () => {
  rememberSetup("sandbox", "sbs_1");
  const confirm = { "POST /api/v1/billing/payment-providers/sandbox/confirm": one(card) };
  const { asked, history } = open(confirm, `${PLACE}?added=sandbox&reference=sbs_other`);
  expect(await screen.findByText("Card ···· 4242 is added.")).toBeInTheDocument();
  expect(await asked.find((request) => request.url.endsWith("/confirm"))!.json()).toMatchObject({
    reference: "sbs_1",
  });
  await waitFor(() => expect(history.get()).toBe(PLACE));
});

it("does nothing for a link that somebody else made", async () => {
  const { asked } = open({}, `${PLACE}?added=sandbox&reference=sbs_other`);
  await screen.findByText("Card ···· 4242");
  expect(sent(asked, "POST")).toEqual([]);
});

it("changes nothing for a role that may only read", async () => {
  open({ "GET /api/v1/auth/me": one({ ...ada, permissions: ["billing:read"] }) });
  await screen.findByText("Card ···· 4242");
  expect(screen.queryByRole("button", { name: /^(Add|Make default|Remove)/ })).toBeNull();
});

it.each([
  [10, 2026, { soon: true, past: true }],
  [11, 2026, { soon: true, past: false }],
  [12, 2026, { soon: true, past: false }],
  [1, 2027, { soon: false, past: false }],
])("a card of %i/%i in November 2026 is %o", (expires_month, expires_year, state) => {
  expect(expiry({ expires_month, expires_year }, new Date(2026, 10, 30))).toMatchObject(state);
});
