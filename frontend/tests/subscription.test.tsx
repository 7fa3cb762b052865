import { screen, waitFor, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import Subscription from "../src/features/subscriptions/Subscription";
import { ada, pro } from "./cast";
import { one, refusal, serve } from "./server";
import { show } from "./show";

const ME = "GET /api/v1/auth/me";
const GET = "GET /api/v1/subscriptions/sub_pro";
const CANCEL = "POST /api/v1/subscriptions/sub_pro/cancel";
const open = () => show(Subscription, "/subscriptions/:id", "/subscriptions/sub_pro");
const posted = (asked: Request[]) => asked.filter((request) => request.method === "POST");

it("cancels at the period's end once, with a key and the portal's header", async () => {
  let current = pro;
  const asked = serve({
    [ME]: one(ada),
    [GET]: () => one(current),
    [CANCEL]: () => {
      current = {
        ...pro,
        status: "cancelling",
        pending_cancellation_at: pro.current_period_end,
        available_actions: ["resume"],
      };
      return one(current);
    },
  });
  open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Cancel subscription" }));
  await user.type(screen.getByLabelText(/Why are you leaving/), "Too many users");
  await user.dblClick(screen.getByRole("button", { name: "Cancel on 1 Dec 2026" }));
  expect(await screen.findByRole("button", { name: "Keep subscription" })).toBeInTheDocument();
  expect(screen.getByText("Cancelled: ScaiKey ends on 1 Dec 2026.")).toBeInTheDocument();
  expect(posted(asked)).toHaveLength(1);
  expect(posted(asked)[0]!.headers.get("X-ScaiControl-Portal")).toBe("1");
  expect(posted(asked)[0]!.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
  expect(await posted(asked)[0]!.json()).toEqual({ reason: "Too many users" });
});

it("keeps the key of a dialog for the second try, and takes a new one for the next dialog", async () => {
  const asked = serve({
    [ME]: one(ada),
    [GET]: one(pro),
    [CANCEL]: refusal(503, "service_unavailable", "x"),
  });
  open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Cancel subscription" }));
  const confirm = screen.getByRole("button", { name: /^Cancel on/ });
  await user.click(confirm);
  expect(await screen.findByRole("alert")).toHaveTextContent("busy");
  await user.click(confirm);
  await waitFor(() => expect(posted(asked)).toHaveLength(2));
  await user.click(screen.getByRole("button", { name: "Keep it" }));
  await user.click(screen.getByRole("button", { name: "Cancel subscription" }));
  await user.click(screen.getByRole("button", { name: /^Cancel on/ }));
  await waitFor(() => expect(posted(asked)).toHaveLength(3));
  const keys = posted(asked).map((request) => request.headers.get("Idempotency-Key"));
  expect(keys[0]).toBe(keys[1]);
  expect(keys[2]).not.toBe(keys[0]);
});

it("names the amount and the day before it resumes", async () => {
  serve({ [ME]: one(ada), [GET]: one({ ...pro, status: "cancelling", available_actions: ["resume"] }) });
  open();
  await userEvent.setup().click(await screen.findByRole("button", { name: "Keep subscription" }));
  expect(
    within(screen.getByRole("dialog")).getByText(/renews on 1 Dec 2026 for €57\.00/),
  ).toBeInTheDocument();
});

it.each([
  ["the server offers no action", ada, { ...pro, available_actions: [] }],
  ["the role may only read", { ...ada, permissions: ["subscriptions:read"] }, pro],
  ["an operator suspended it", ada, { ...pro, status: "suspended", available_actions: ["resume"] }],
])("has no button when %s", async (_why, me, subscription) => {
  serve({ [ME]: one(me), [GET]: one(subscription) });
  open();
  expect(await screen.findByRole("heading", { name: "ScaiKey" })).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /subscription/ })).toBeNull();
});

it("says from when a new version of the plan costs what, for the whole quantity", async () => {
  serve({
    [ME]: one(ada),
    [GET]: one({
      ...pro,
      next_plan_version: 2,
      next_plan_version_at: "2026-12-31T23:00:00Z",
      next_version_price_cents: 2100,
    }),
  });
  open();
  expect(await screen.findByText(/^From 1 Jan 2027 this costs €63\.00/)).toBeInTheDocument();
});

it("tells what a change and a renewal were", async () => {
  const terms = { plan: "Pro", quantity: 3, unit_price_cents: 1900, currency: "EUR" };
  const entry = { actor_id: null, reason: null };
  const timeline = [
    {
      ...entry,
      occurred_at: "2026-11-01T00:00:00Z",
      action: "subscription.renewed",
      before: terms,
      after: terms,
    },
    {
      ...entry,
      occurred_at: "2026-10-05T09:00:00Z",
      action: "subscription.changed",
      before: { ...terms, plan: "Basic", quantity: 2 },
      after: terms,
    },
  ];
  serve({
    "GET /api/v1/auth/me": one(ada),
    "GET /api/v1/subscriptions/sub_pro": one({ ...pro, timeline }),
  });
  show(Subscription, "/subscriptions/:id", "/subscriptions/sub_pro");
  expect(await screen.findByText("Renewed")).toBeInTheDocument();
  expect(screen.getByText("Plan changed")).toBeInTheDocument();
  expect(screen.getByText("Plan: Basic → Pro")).toBeInTheDocument();
  expect(screen.getByText("Quantity: 2 → 3")).toBeInTheDocument();
  expect(screen.queryByText(/^Price: /)).toBeNull();
});

it("tells the rest of the story in words, with what it was about", async () => {
  const entry = { actor_id: null, reason: null, before: null, after: null };
  const at = (hour: number) => `2026-11-05T0${hour}:00:00Z`;
  const waits = { plan: "Team", quantity: 4, day: "2026-11-30" };
  const timeline = [
    { ...entry, occurred_at: at(5), action: "subscription.suspended", reason: "A report of abuse." },
    { ...entry, occurred_at: at(4), action: "subscription.change_undone" },
    { ...entry, occurred_at: at(3), action: "subscription.change_scheduled", after: waits },
    { ...entry, occurred_at: at(2), action: "subscription.cancellation_undone" },
    {
      ...entry,
      occurred_at: at(1),
      action: "subscription.cancellation_scheduled",
      after: { day: "2026-11-30" },
    },
  ];
  serve({ [ME]: one(ada), [GET]: one({ ...pro, timeline }) });
  open();
  const story = (await screen.findByText("Suspended")).closest("ol")!;
  expect([...story.querySelectorAll("p.font-medium")].map((title) => title.textContent)).toEqual([
    "Suspended",
    "Planned change undone",
    "Change planned",
    "Cancellation undone",
    "Cancelled",
  ]);
  for (const words of [
    "A report of abuse.",
    "Plan: Team",
    "Quantity: 4",
    "After: 30 Nov 2026",
    "Last day: 30 Nov 2026",
  ])
    expect(within(story).getByText(words)).toBeInTheDocument();
});

const PREVIEW = "POST /api/v1/subscriptions/sub_pro/preview-change";
const CHANGE = "POST /api/v1/subscriptions/sub_pro/change-plan";
const planned = (hash: string, total_cents: number) => ({
  subscription_id: "sub_pro",
  plan_key: "scaikey.team",
  quantity: 3,
  currency: "EUR",
  unit_price_cents: 3000,
  when: "now",
  starts_on: null,
  remaining_days: 10,
  credit_cents: 1900,
  charge_cents: 3000,
  rest_cents: 0,
  plan_hash: hash,
  documents: [
    {
      invoice_date: "2026-12-01",
      currency: "EUR",
      lines: [{ description: "Team, 10 days", amount_cents: 3000 }],
      tax_label: "VAT 21%",
      tax_cents: 630,
      total_cents,
      credits: [],
    },
  ],
});
const team = {
  plan_key: "scaikey.team",
  name: "Team",
  effective_price_cents: 3000,
  effective_currency: "EUR",
  billing_period: "monthly",
};

it("does what it has shown, and shows it anew where that no longer holds", async () => {
  let shown = planned("a".repeat(64), 3630);
  const outdated = { reasons: [{ code: "preview_outdated", message: "x" }] };
  const asked = serve({
    [ME]: one(ada),
    [GET]: one(pro),
    "GET /api/v1/catalog/services/scaikey/plans": one([team]),
    [PREVIEW]: () => one(shown),
    [CHANGE]: () => {
      shown = planned("b".repeat(64), 4000);
      return refusal(409, "conflict", "x", outdated);
    },
  });
  show(Subscription, "/subscriptions/:id", "/subscriptions/sub_pro?change=scaikey.team");
  const user = userEvent.setup();
  expect(await screen.findByText("Your next invoice, on 1 Dec 2026")).toBeInTheDocument();
  expect(screen.getByText("VAT 21%").nextSibling).toHaveTextContent("€6.30");
  expect(screen.getByText("Total with VAT").nextSibling).toHaveTextContent("€36.30");
  expect(screen.getByText("Due now").nextSibling).toHaveTextContent("€0.00");
  await user.click(screen.getByRole("button", { name: "Change now" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(/no longer what would happen/);
  await waitFor(() => expect(screen.getByText("Total with VAT").nextSibling).toHaveTextContent("€40.00"));
  const [preview, change] = posted(asked);
  expect(await preview!.json()).toEqual({ plan_key: "scaikey.team", quantity: 3, when: null });
  expect(await change!.json()).toMatchObject({ plan_key: "scaikey.team", plan_hash: "a".repeat(64) });
});

it("undoes a change that waits, once", async () => {
  const waiting = {
    ...pro,
    pending_plan_key: "scaikey.team",
    pending_quantity: 4,
    available_actions: ["change_plan", "undo_change", "cancel"],
    timeline: [
      {
        ...pro.timeline[0]!,
        action: "subscription.change_scheduled",
        after: { plan: "Team", quantity: 4, day: "2026-11-30" },
      },
    ],
  };
  let current: typeof pro = waiting;
  const asked = serve({
    [ME]: one(ada),
    [GET]: () => one(current),
    "POST /api/v1/subscriptions/sub_pro/undo-change": () => {
      current = pro;
      return one(pro);
    },
  });
  open();
  const user = userEvent.setup();
  expect(await screen.findByText(/^Changes to Team, quantity 4/)).toBeInTheDocument();
  await user.click(await screen.findByRole("button", { name: "Undo the change" }));
  const dialog = screen.getByRole("dialog", { name: "Keep Pro?" });
  await user.dblClick(within(dialog).getByRole("button", { name: "Undo the change" }));
  expect(await screen.findByText("ScaiKey stays as it is.")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Undo the change" })).toBeNull();
  expect(posted(asked)).toHaveLength(1);
});
