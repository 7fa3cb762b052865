import { screen } from "@solidjs/testing-library";
import { afterEach, expect, it, vi } from "vitest";
import type { Schemas } from "../src/api/client";
import Services from "../src/features/services/Services";
import { ada, drive } from "./cast";
import { one, serve } from "./server";
import { show } from "./show";

const storage: Schemas["QuotaStatusOut"] = {
  tenant_id: "tnt_acme",
  service_slug: "scaidrive",
  metric_slug: "storage_gb",
  entitled: true,
  limit: 100,
  used: "40",
  remaining: "60",
  unlimited: false,
  percent: "40",
  status: "ok",
  period_start: null,
  period_end: null,
  as_of: "2026-11-23T10:00:00Z",
};
const reader = { ...ada, permissions: ["services:read", "subscriptions:read", "billing:read"] };

const open = (services: unknown[], me: unknown = reader) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(me),
    "GET /api/v1/services": one(services),
    "GET /api/v1/usage/quotas": one([storage]),
  });
  show(Services, "/services");
  return asked;
};

afterEach(() => vi.unstubAllGlobals());

it("opens services in their own order, and shows what is left of a limit", async () => {
  open([drive]);
  const links = await screen.findAllByRole("link");
  expect(links.map((one_) => one_.textContent)).toEqual([
    "OpenScaiDrive, in a new tab",
    "SettingsScaiDrive, in a new tab",
  ]);
  expect(links[0]).toHaveAttribute("rel", "noopener noreferrer external");
  expect(await screen.findByText("40 of 100")).toBeInTheDocument();
});

it.each([
  ["suspended", "A payment is overdue.", { reason: "payment_overdue" }],
  [
    "suspended",
    "Mails to lists that nobody signed up for.",
    { reason: "Mails to lists that nobody signed up for." },
  ],
  ["suspended", "Ask an administrator of your organisation why.", { reason: null }],
  ["pending", /being set up and can be opened/, {}],
] as const)("says of one that is %s: %s", async (status, sentence, more) => {
  open([{ ...drive, status, is_usable: false, links: [], ...more }]);
  expect(await screen.findByText(sentence)).toBeInTheDocument();
  expect(screen.queryByRole("link")).toBeNull();
});

it("says of one that works what will happen to it, or what is wrong", async () => {
  open([
    { ...drive, status: "past_due" },
    { ...drive, service_slug: "b", status: "trialing", ends_at: "2026-12-01T10:00:00Z" },
    { ...drive, service_slug: "c", health_status: "unreachable" },
  ]);
  expect(await screen.findByText(/A payment for it is overdue/)).toBeInTheDocument();
  expect(screen.getByText("Trial until 1 Dec 2026")).toBeInTheDocument();
  expect(screen.getByText("It does not answer at the moment.")).toBeInTheDocument();
});

it("leads who holds nothing to the catalogue, and asks a viewer's server for no quotas", async () => {
  const asked = open([], { ...ada, permissions: ["services:read"] });
  expect(await screen.findByRole("link", { name: "See what is on offer" })).toHaveAttribute(
    "href",
    "/catalog",
  );
  expect(asked.map((request) => new URL(request.url).pathname)).not.toContain("/api/v1/usage/quotas");
});
