import { screen, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { compared } from "../src/features/catalog/compare";
import Plans from "../src/features/catalog/Plans";
import { ada, pro } from "./cast";
import { one, page, refusedWith, serve } from "./server";
import { show } from "./show";

const plan = {
  id: "pln_pro",
  plan_key: "scaikey.pro",
  name: "Pro",
  description: "For teams",
  billing_period: "monthly",
  effective_price_cents: 1900,
  effective_currency: "EUR",
  features: { items: ["Audit log", "Single sign-on"], unit: "user" },
  quotas: { logins: 1000 },
  trial_days: 0,
  term_months: null,
  currency: "EUR",
  usage_pricing: [] as object[],
  setup_price_cents: 0,
  minimum_use_cents: 0,
};
const tried = {
  ...plan,
  id: "pln_try",
  plan_key: "scaikey.try",
  name: "Try",
  trial_days: 14,
  effective_price_cents: 500,
  features: { items: ["Audit log"], unit: "user" },
  quotas: {} as { logins: number }, // what has no limit
};
const quote = (of: typeof plan, quantity: number, trial_days = 0) => ({
  plan_id: of.id,
  plan_key: of.plan_key,
  quantity,
  trial_days,
  is_available: true,
  charged_plan: of.name,
  charged_on: trial_days ? "2026-12-14" : "2026-11-30",
  billing_period: "monthly",
  currency: "EUR",
  discount_cents: 0,
  setup_cents: 0,
  net_cents: of.effective_price_cents * quantity,
  tax_cents: Math.round(of.effective_price_cents * quantity * 0.21),
  total_cents: Math.round(of.effective_price_cents * quantity * 1.21),
  tax_label: "VAT 21%",
});
const QUOTES = "GET /api/v1/catalog/services/scaikey/quotes";

const open = (answers: Record<string, Response | (() => Response)> = {}) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(ada),
    "GET /api/v1/catalog/services": page([{ slug: "scaikey", name: "ScaiKey", description: "Log-in" }]),
    "GET /api/v1/catalog/services/scaikey/plans": page([plan, tried]),
    [QUOTES]: () => {
      const quantity = Number(new URL(asked.at(-1)!.url).searchParams.get("quantity"));
      return one([quote(plan, quantity), quote(tried, quantity, 14)]);
    },
    "GET /api/v1/subscriptions": page([]),
    ...answers,
  });
  return { asked, ...show(Plans, "/catalog/:slug", "/catalog/scaikey") };
};

it("prices plans with the VAT of the buyer, and subscribes in three clicks", async () => {
  const { asked, history } = open({ "POST /api/v1/subscriptions": one({ ...pro, id: "sub_new" }) });
  const user = userEvent.setup();
  expect(await screen.findByText("€22.99 with VAT 21%")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Subscribe: Pro" }));
  const quantity = screen.getByLabelText("Quantity");
  await user.clear(quantity);
  await user.type(quantity, "3");
  expect(await screen.findByText(/^€57\.00 per month, before VAT/)).toBeInTheDocument();
  expect(screen.getByText("The first invoice: €68.97 with VAT 21%")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Subscribe for €57.00" }));
  expect(await screen.findByText("You subscribed to ScaiKey Pro.")).toBeInTheDocument();
  const posted = asked.find((request) => request.method === "POST")!;
  expect(await posted.json()).toEqual({ plan_id: "pln_pro", quantity: 3 });
  expect(history.get()).toBe("/subscriptions/sub_new");
});

it("says what use costs by each way of pricing it, and what it costs at least", async () => {
  const bracket = { tier_start: "0", tier_end: null, unit_label: "", unit_divisor: 1, flat_price_cents: 0 };
  const usage_pricing = [
    { ...bracket, metric_slug: "calls", tier_end: "1000", unit_price_cents: 0, price_model: "graduated" },
    {
      ...bracket,
      metric_slug: "calls",
      tier_start: "1000",
      unit_price_cents: 5,
      unit_divisor: 10,
      unit_label: "calls",
      price_model: "graduated",
    },
    {
      ...bracket,
      metric_slug: "mails",
      unit_price_cents: 500,
      unit_divisor: 100,
      unit_label: "mails",
      price_model: "package",
    },
    { ...bracket, metric_slug: "seats", tier_end: "10", unit_price_cents: 200, price_model: "volume" },
    {
      ...bracket,
      metric_slug: "seats",
      tier_start: "10",
      unit_price_cents: 100,
      flat_price_cents: 300,
      price_model: "volume",
    },
  ];
  const priced = { ...plan, usage_pricing, minimum_use_cents: 3000 };
  open({ "GET /api/v1/catalog/services/scaikey/plans": page([priced]) });
  for (const said of [
    "up to 1,000: included",
    "above 1,000: €0.05 per 10 calls",
    "€5.00 for each 100 mails begun",
    "up to 10: €2.00 each",
    "above 10: €1.00 each, and €3.00 once",
    "The whole quantity costs what its bracket says.",
    "Use is charged at €30.00 a period at least",
  ])
    expect(await screen.findByText(said)).toBeInTheDocument();
});

it("takes a coupon's code, says what it takes off and what setting up costs, and orders with it", async () => {
  const { asked } = open({
    [QUOTES]: () => {
      const given = new URL(asked.at(-1)!.url).searchParams.get("coupon");
      if (given === "gone") return refusedWith("coupon_over");
      const less = given ? 475 : 0;
      const net = 1900 + 5000 - less;
      const first = { ...quote(plan, 1), setup_cents: 5000, discount_cents: less, net_cents: net };
      return one([{ ...first, total_cents: Math.round(net * 1.21) }, quote(tried, 1, 14)]);
    },
    "POST /api/v1/subscriptions": one({ ...pro, id: "sub_new" }),
  });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Subscribe: Pro" }));
  const code = screen.getByLabelText("Coupon code (optional)");
  await user.type(code, "gone{Tab}");
  expect(await screen.findByText("This coupon can no longer be redeemed.")).toBeInTheDocument();
  await user.clear(code);
  await user.type(code, "spring25{Tab}");
  expect(
    await screen.findByText(
      "The first invoice: €77.74 with VAT 21% (in the first period, €50.00 of it once for setting up; €4.75 less with SPRING25)",
    ),
  ).toBeInTheDocument();
  expect(screen.getByText(/^€19\.00 per month, before VAT/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Subscribe for €64.25" }));
  expect(await screen.findByText("You subscribed to ScaiKey Pro.")).toBeInTheDocument();
  const posted = asked.find((request) => request.method === "POST")!;
  expect(await posted.json()).toEqual({ plan_id: "pln_pro", quantity: 1, coupon: "spring25" });
});

it("asks for the price of as many as are wanted, also where no quote comes", async () => {
  const { asked } = open({
    [QUOTES]: () =>
      new URL(asked.at(-1)!.url).searchParams.get("quantity") === "1"
        ? one([quote(plan, 1), quote(tried, 1, 14)])
        : refusedWith("service_not_sold"),
  });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Subscribe: Pro" }));
  expect(screen.getByRole("button", { name: "Subscribe for €19.00" })).toBeEnabled();
  await user.type(screen.getByLabelText("Quantity"), "0"); // ten of them
  expect(await screen.findByText(/^€190\.00 per month, before VAT/)).toBeInTheDocument();
  expect(screen.queryByText(/^The first invoice: €22\.99/)).toBeNull();
});

it("leads to the change of what one has already", async () => {
  open({ "GET /api/v1/subscriptions": page([pro]) });
  expect(await screen.findByRole("link", { name: "Change to Try" })).toHaveAttribute(
    "href",
    "/subscriptions/sub_pro?change=scaikey.try",
  );
  expect(screen.getByRole("link", { name: "See your subscription" })).toHaveAttribute(
    "href",
    "/subscriptions/sub_pro",
  );
  expect(screen.queryByRole("button", { name: /^Subscribe/ })).toBeNull();
  expect(screen.getAllByText("Yours")).toHaveLength(2); // on its card, and over its column
});

it("says what a trial costs after it and from when, and why it is refused", async () => {
  open({ "POST /api/v1/subscriptions": refusedWith("billing_profile_missing") });
  const user = userEvent.setup();
  expect(await screen.findByText("Free until 14 Dec 2026; then €6.05 per month")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Subscribe: Try" }));
  expect(screen.getByText(/14 days free; then €5\.00 per month/)).toBeInTheDocument();
  expect(screen.getByText("The first invoice, on 14 Dec 2026: €6.05 with VAT 21%")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Start the trial" }));
  expect(
    await screen.findByText("Your billing details are missing. Fill them in first."),
  ).toBeInTheDocument();
});

it("offers no trial that was had, and says that VAT waits for an address", async () => {
  const used = { ...quote(tried, 1), is_available: false };
  const unknown = { ...quote(plan, 1), tax_cents: null, total_cents: null, tax_label: null };
  open({ [QUOTES]: one([unknown, used]) });
  expect(await screen.findByText("You have had your trial of this service.")).toBeInTheDocument();
  expect(screen.getByText(/VAT follows from the address/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Subscribe: Try" })).toBeNull();
});

it("lets a viewer look", async () => {
  open({ "GET /api/v1/auth/me": one({ ...ada, permissions: ["services:read"] }) });
  expect(await screen.findByText("€22.99 with VAT 21%")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /Subscribe/ })).toBeNull();
});

it("compares plans, what differs before what is alike", async () => {
  open();
  const table = within(await screen.findByRole("table"));
  const rows = table.getAllByRole("row").map((row) => row.textContent);
  expect(rows).toEqual([
    "PlanProTry",
    "What differs",
    "Logins1,000Unlimited",
    "Single sign-onIncludedNot included",
    "TrialNone14 days",
    "What is alike",
    "Audit logIncludedIncluded",
  ]);
  expect(compared([])).toEqual([]);
});
