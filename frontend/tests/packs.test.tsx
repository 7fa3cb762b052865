import { screen, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Pack from "../src/features/packs/Pack";
import Packs from "../src/features/packs/Packs";
import { ada } from "./cast";
import { one, refusal, refusedWith, serve } from "./server";
import { show } from "./show";

const OFFICE = "/api/v1/service-packs/office";
const HELD = "/api/v1/service-packs/subscriptions";
const buyer = { ...ada, permissions: [...ada.permissions, "services:read"] };
const item = (service: string, plan: string, cents: number) => ({
  service_name: service,
  plan_name: plan,
  item_price_cents: cents,
});
const office = {
  slug: "office",
  name: "Office",
  description: "Files and contacts together.",
  billing_period: "monthly",
  price_cents: 2500,
  items_price_cents: 3000,
  currency: "EUR",
  trial_days: 0,
  features: { items: ["One invoice"], unit: "" },
  items: [item("ScaiDrive", "Pro", 1000), item("ScaiCRM", "Contacts", 2000)],
};
const child = (service: string, cents: number) => ({
  subscription_id: `sub_${service}`,
  service_name: service,
  plan_name: "Pro",
  status: "active",
  unit_price_cents: cents,
});
const had = {
  id: "psb_1",
  pack_slug: "office",
  pack_name: "Office",
  billing_period: "monthly",
  status: "active",
  unit_price_cents: 2500,
  currency: "EUR",
  current_period_end: "2026-12-31T23:00:00Z",
  available_actions: ["cancel"],
  children: [child("ScaiDrive", 833), child("ScaiCRM", 1667)],
};
const page = () => show(Pack, "/packs/:slug", "/packs/office");

it("shows what is in a pack, what it saves, and takes it", async () => {
  let held: object[] = [];
  const asked = serve({
    "GET /api/v1/auth/me": one(buyer),
    [`GET ${OFFICE}`]: one(office),
    [`GET ${HELD}`]: () => one(held),
    [`POST ${OFFICE}/subscribe`]: () => {
      held = [{ ...had, status: "pending", available_actions: [] }];
      return one(held[0]);
    },
  });
  page();
  expect(await screen.findByRole("row", { name: /ScaiCRM Contacts €20.00/ })).toBeVisible();
  expect(screen.getByText("€5.00 less than one by one")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Subscribe" }));
  const dialog = screen.getByRole("dialog");
  expect(dialog).toHaveTextContent("€25.00 per month, before VAT");
  await userEvent.click(within(dialog).getByRole("button", { name: "Subscribe for €25.00" }));
  expect(await screen.findByText("You subscribed to Office.")).toBeVisible();
  expect(await screen.findByText("Its part of the price")).toBeVisible();
  const sent = asked.find((request) => request.method === "POST");
  expect(sent?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
});

it("stays with who has it when it is no longer sold, and is cancelled with all that is in it", async () => {
  let held = had;
  serve({
    "GET /api/v1/auth/me": one(buyer),
    [`GET ${OFFICE}`]: refusal(404, "not_found", "No pack office."),
    [`GET ${HELD}`]: () => one([held]),
    [`POST ${HELD}/psb_1/cancel`]: () => {
      held = { ...had, status: "cancelling", available_actions: [] };
      return one(held);
    },
  });
  page();
  const row = await screen.findByRole("row", { name: /ScaiDrive Pro €8.33/ });
  expect(within(row).getByRole("link")).toHaveAttribute("href", "/subscriptions/sub_ScaiDrive");
  await userEvent.click(await screen.findByRole("button", { name: /^Cancel/ }));
  const dialog = screen.getByRole("dialog");
  expect(dialog).toHaveTextContent("Office and everything in it stay usable until");
  await userEvent.click(within(dialog).getByRole("button", { name: /^Cancel/ }));
  expect(await screen.findByText(/Office ends after/)).toBeVisible();
});

it("says why it cannot be taken, and keeps the question open", async () => {
  serve({
    "GET /api/v1/auth/me": one(buyer),
    [`GET ${OFFICE}`]: one(office),
    [`GET ${HELD}`]: one([]),
    [`POST ${OFFICE}/subscribe`]: refusedWith("service_already_subscribed", { service: "ScaiDrive" }),
  });
  page();
  await userEvent.click(await screen.findByRole("button", { name: "Subscribe" }));
  await userEvent.click(screen.getByRole("button", { name: "Subscribe for €25.00" }));
  expect(await within(screen.getByRole("dialog")).findByRole("alert")).toBeVisible();
});

it("lets others look, and says so where nothing is sold together", async () => {
  serve({
    "GET /api/v1/auth/me": one({ ...ada, permissions: ["services:read"] }),
    [`GET ${OFFICE}`]: one(office),
    "GET /api/v1/service-packs": one([]),
  });
  const first = page();
  expect(await screen.findByText("€25.00")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Subscribe" })).toBeNull();
  first.unmount();
  show(Packs, "/packs");
  expect(await screen.findByText("No packs on offer")).toBeVisible();
});
