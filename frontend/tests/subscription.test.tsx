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
  expect(screen.getByText("Plan: Basic → Pro")).toBeInTheDocument();
  expect(screen.getByText("Quantity: 2 → 3")).toBeInTheDocument();
  expect(screen.queryByText(/^Price: /)).toBeNull();
});
