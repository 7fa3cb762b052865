import { screen, within } from "@solidjs/testing-library";
import { expect, it } from "vitest";
import type { Schemas } from "../src/api/client";
import Wallet from "../src/features/wallet/Wallet";
import { one, page, serve } from "./server";
import { show } from "./show";

const paid: Schemas["WalletLotOut"] = {
  id: "wlt_1",
  tenant_id: "tnt_acme",
  partner_id: "prt_northwind",
  currency: "EUR",
  source: "transfer",
  amount_cents: 50000,
  remaining_cents: 32000,
  priority: 100,
  expires_at: null,
  received_at: "2026-11-05T09:00:00Z",
  reference: "ABN 4711",
  version: 2,
  created_at: "2026-11-05T09:00:00Z",
};
const given: Schemas["WalletLotOut"] = {
  ...paid,
  id: "wlt_2",
  source: "promotion",
  amount_cents: 5000,
  remaining_cents: 5000,
  expires_at: "2027-01-15T00:00:00Z",
  reference: "Welcome",
};
const balance = {
  currency: "EUR",
  available_cents: 37000,
  promotional_cents: 5000,
  next_expires_at: "2027-01-15T00:00:00Z",
};

it("says what is there, what of it was given, and when that ends", async () => {
  serve({
    "GET /api/v1/billing/wallet": one([balance]),
    "GET /api/v1/billing/wallet/lots": page([given, paid]),
  });
  show(Wallet, "/wallet");
  expect(await screen.findByText("€370.00")).toBeInTheDocument();
  expect(screen.getByText(/€50\.00 of it were given; the first part ends on .*2027/)).toBeInTheDocument();
  const [, first, second] = within(await screen.findByRole("table")).getAllByRole("row");
  expect(first).toHaveTextContent("Given by your provider");
  expect(second).toHaveTextContent("ABN 4711");
  expect(second).toHaveTextContent("Never");
  expect(second).toHaveTextContent("€320.00");
});

it("says where to pay in when there is nothing", async () => {
  serve({ "GET /api/v1/billing/wallet": one([]), "GET /api/v1/billing/wallet/lots": page([]) });
  show(Wallet, "/wallet");
  expect(await screen.findByText("Nothing in your wallet")).toBeInTheDocument();
});
