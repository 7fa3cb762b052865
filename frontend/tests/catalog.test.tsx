import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Plans from "../src/features/catalog/Plans";
import { ada, pro } from "./cast";
import { one, page, refusedWith, serve } from "./server";
import { show } from "./show";

const plan = {
  id: "pln_pro",
  name: "Pro",
  description: "For teams",
  billing_period: "monthly",
  effective_price_cents: 1900,
  effective_currency: "EUR",
  features: { items: ["Audit log"], unit: "user" },
  trial_days: 0,
  term_months: null,
};
const tried = { ...plan, id: "pln_try", name: "Try", trial_days: 14, effective_price_cents: 500 };

const open = (answers: Record<string, Response | (() => Response)> = {}) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(ada),
    "GET /api/v1/catalog/services": page([{ slug: "scaikey", name: "ScaiKey", description: "Log-in" }]),
    "GET /api/v1/catalog/services/scaikey/plans": page([plan, tried]),
    "GET /api/v1/subscriptions": page([pro]),
    ...answers,
  });
  return { asked, ...show(Plans, "/catalog/:slug", "/catalog/scaikey") };
};

it("marks the plan one has, and subscribes to another in three clicks", async () => {
  const { asked, history } = open({ "POST /api/v1/subscriptions": one({ ...pro, id: "sub_new" }) });
  const user = userEvent.setup();
  expect(await screen.findAllByText("Yours")).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Subscribe: Pro" }));
  const quantity = screen.getByLabelText("Quantity");
  await user.clear(quantity);
  await user.type(quantity, "3");
  expect(screen.getByText(/^€57\.00 per month, before VAT/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Subscribe for €57.00" }));
  expect(await screen.findByText("You subscribed to ScaiKey Pro.")).toBeInTheDocument();
  const posted = asked.find((request) => request.method === "POST")!;
  expect(await posted.json()).toEqual({ plan_id: "pln_pro", quantity: 3 });
  expect(history.get()).toBe("/subscriptions/sub_new");
});

it("says what a trial costs after it, and why it is refused", async () => {
  open({ "POST /api/v1/subscriptions": refusedWith("billing_profile_missing") });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Subscribe: Try" }));
  expect(screen.getByText(/14 days free; then €5\.00 per month/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Start the trial" }));
  expect(
    await screen.findByText("Your billing details are missing. Fill them in first."),
  ).toBeInTheDocument();
});

it("lets a viewer look", async () => {
  open({ "GET /api/v1/auth/me": one({ ...ada, permissions: ["services:read"] }) });
  expect(await screen.findByText("Pro")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /Subscribe/ })).toBeNull();
});
