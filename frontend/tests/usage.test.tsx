import { screen, waitFor, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { expect, it, vi } from "vitest";
import type { Schemas } from "../src/api/client";
import * as files from "../src/api/files";
import { minorUnits } from "../src/features/usage/amount";
import Service from "../src/features/usage/Service";
import Usage from "../src/features/usage/Usage";
import { csv } from "../src/lib/csv";
import { ada } from "./cast";
import { one, refusal, serve } from "./server";
import { show } from "./show";

const calls: Schemas["MetricDetailOut"] = {
  service_slug: "scaikey",
  service_name: "ScaiKey",
  metric_slug: "api_calls",
  name: "API calls",
  unit: "call",
  kind: "counter",
  used: "1300",
  limit: 3000,
  remaining: "1700",
  percent: "43.33",
  included: "1000",
  billable: "300",
  gross_cents: 3000,
  discount_cents: 500,
  cost_cents: 2500,
  currency: "EUR",
  plan_key: "scaikey.pro",
  plan_version: 2,
  period_start: "2026-11-01T00:00:00Z",
  period_end: "2026-12-01T00:00:00Z",
  as_of: "2026-11-03T10:00:00Z",
  forecast: {
    low: "1400",
    likely: "2000",
    high: "2600",
    low_cents: 3000,
    likely_cents: 6000,
    high_cents: 9000,
  },
  series: [
    { period_start: "2026-11-01T00:00:00Z", quantity: "500", events: 5 },
    { period_start: "2026-11-02T00:00:00Z", quantity: "800", events: 8 },
    { period_start: "2026-11-03T00:00:00Z", quantity: "0", events: 0 },
  ],
};
const periods = [
  {
    start: calls.period_start,
    end: calls.period_end,
    plan_key: "scaikey.pro",
    plan_version: 2,
    currency: "EUR",
  },
  {
    start: "2026-10-01T00:00:00Z",
    end: "2026-11-01T00:00:00Z",
    plan_key: "scaikey.pro",
    plan_version: 1,
    currency: "EUR",
  },
];
const BASE = "/api/v1/usage/by-service/scaikey";
const answers = {
  "GET /api/v1/auth/me": one(ada),
  "GET /api/v1/usage/summary": one([calls]),
  [`GET ${BASE}`]: one([calls]),
  [`GET ${BASE}/periods`]: one(periods),
  [`GET ${BASE}/budget`]: one(null),
};
const open = () => show(Service, "/usage/:slug", "/usage/scaikey");
// jsdom draws nothing, so colours are judged in the browser tests; and a page stands in a frame that is not here.
const RULES = { "color-contrast": { enabled: false }, region: { enabled: false } };

it("lists each service with what is left, what it costs and what is expected, or says that nothing is metered", async () => {
  serve(answers);
  const shown = show(Usage, "/usage");
  expect(await screen.findByRole("link", { name: "See usage" })).toHaveAttribute("href", "/usage/scaikey");
  expect(screen.getByText("€25.00")).toBeInTheDocument();
  expect(screen.getByText("€60.00")).toBeInTheDocument();
  expect(screen.getByText("1,700 left")).toBeInTheDocument();
  expect((await axe.run(shown.container, { rules: RULES })).violations).toEqual([]);
  shown.unmount();
  serve({ ...answers, "GET /api/v1/usage/summary": one([]) });
  show(Usage, "/usage");
  expect(await screen.findByText("Nothing is metered yet")).toBeInTheDocument();
});

it("takes the price apart, and the days can be walked with the keyboard", async () => {
  serve(answers);
  const shown = open();
  const days = await screen.findByRole("slider", { name: "Use of API calls by day" });
  for (const text of ["€30.00", "-€5.00", "€25.00"])
    expect(screen.getAllByText(text).length).toBeGreaterThan(0);
  expect(screen.getByText("Limit spread evenly: 100 a day", { exact: false })).toBeInTheDocument();
  expect(days).toHaveAttribute("aria-valuetext", "3 Nov 2026: 0 call");
  days.focus();
  await userEvent.keyboard("{ArrowLeft}");
  expect(days).toHaveAttribute("aria-valuetext", "2 Nov 2026: 800 call");
  await userEvent.keyboard("{Home}");
  expect(days).toHaveAttribute("aria-valuetext", "1 Nov 2026: 500 call");
  expect(screen.getByText("between 1,400 · €30.00 and 2,600 · €90.00")).toBeInTheDocument();
  expect((await axe.run(shown.container, { rules: RULES })).violations).toEqual([]);
});

it("asks for the chosen period, and says what was never used", async () => {
  const asked = serve(answers);
  open();
  const picker = await screen.findByRole("combobox", { name: "Period" });
  await waitFor(() => expect(within(picker).getAllByRole("option")).toHaveLength(2));
  await userEvent.selectOptions(picker, periods[1]!.start!);
  await waitFor(() =>
    expect(asked.some((request) => request.url.includes("period=2026-10-01T00%3A00%3A00Z"))).toBe(true),
  );
});

it("writes down exactly what is shown", async () => {
  const saved = vi.spyOn(files, "save").mockImplementation(() => undefined);
  serve(answers);
  open();
  const button = await screen.findByRole("button", { name: "CSV" });
  await waitFor(() => expect(button).toBeEnabled());
  await userEvent.click(button);
  const [blob, name] = saved.mock.calls[0]!;
  expect(name).toBe("scaikey-2026-11-01.csv");
  const rows = (await blob.text()).trim().split("\r\n");
  expect(rows[1]).toBe(
    "period,scaikey,api_calls,call,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,1300,,1000,300,30.00,5.00,25.00,EUR",
  );
  expect(rows[3]).toBe("day,scaikey,api_calls,call,2026-11-02,2026-11-02,800,8,,,,,,");
  expect(csv([["=1+1", 'a "b", c', "-5"]])).toBe('\uFEFF\'=1+1,"a ""b"", c",-5\r\n');
});

it.each([
  ["50", "EUR", 5000],
  ["49,90", "EUR", 4990],
  ["49.9", "EUR", 4990],
  ["1.234", "EUR", null],
  ["1.5", "JPY", null],
  ["1.234", "KWD", 1234],
  ["0", "EUR", null],
  ["-5", "EUR", null],
  ["", "EUR", null],
  ["much", "EUR", null],
])("reads %s %s as minor units", (text, currency, cents) => {
  expect(minorUnits(text, currency)).toBe(cents);
});

it("takes a budget in another currency for none", async () => {
  const before = {
    id: "bgt_1",
    amount_cents: 999900,
    currency: "USD",
    percents: [90],
    on_forecast: false,
    version: 3,
  };
  const asked = serve({
    ...answers,
    [`GET ${BASE}/budget`]: one(before),
    [`PUT ${BASE}/budget`]: one({ ...before, amount_cents: 5000, currency: "EUR", version: 4 }),
  });
  open();
  const amount = await screen.findByLabelText("Budget for each period, in EUR");
  expect(amount).toHaveValue("");
  expect(screen.queryByText(/spent in this period/)).not.toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Remove" })).not.toBeInTheDocument();
  await userEvent.type(amount, "50");
  await userEvent.click(screen.getByRole("button", { name: "Save budget" }));
  expect(await screen.findByText("€25.00 of €50.00 spent in this period")).toBeInTheDocument();
  const put = asked.find((request) => request.method === "PUT")!;
  expect(await put.json()).toEqual({
    amount_cents: 5000,
    percents: [80],
    on_forecast: true,
    version: null,
  });
});

it("sets a budget, keeps what was typed when that is refused, and takes it back", async () => {
  const kept = {
    id: "bgt_1",
    amount_cents: 5000,
    currency: "EUR",
    percents: [50, 80],
    on_forecast: true,
    version: 1,
  };
  let refused = true;
  const asked = serve({
    ...answers,
    [`PUT ${BASE}/budget`]: () => {
      if (!refused) return one(kept);
      refused = false;
      return refusal(503, "service_unavailable", "x");
    },
    [`DELETE ${BASE}/budget`]: one(kept),
  });
  open();
  const amount = await screen.findByLabelText("Budget for each period, in EUR");
  const save = screen.getByRole("button", { name: "Save budget" });
  await userEvent.click(save);
  expect(screen.getByText(/Enter an amount above zero/)).toBeInTheDocument();
  expect(amount).toHaveFocus();
  await userEvent.type(amount, "50");
  await userEvent.click(screen.getByLabelText("50%"));
  await userEvent.click(save);
  expect(await screen.findByRole("alert")).toHaveTextContent("busy");
  expect(amount).toHaveValue("50");
  await userEvent.click(save);
  expect(await screen.findByText("€25.00 of €50.00 spent in this period")).toBeInTheDocument();
  const put = asked.filter((request) => request.method === "PUT").at(-1)!;
  expect(await put.json()).toEqual({
    amount_cents: 5000,
    percents: [80, 50],
    on_forecast: true,
    version: null,
  });
  await userEvent.click(screen.getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("The budget is removed.")).toBeInTheDocument();
});
