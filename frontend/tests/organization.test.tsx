import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Schemas } from "../src/api/client";
import { isTold, told, topicsLeftOut } from "../src/features/organization/optOuts";
import Organization from "../src/features/organization/Organization";
import { acme, ada } from "./cast";
import { one, page, refusal, serve } from "./server";
import { show } from "./show";

const bob: Schemas["UserOut"] = {
  id: "usr_bob",
  tenant_id: "tnt_acme",
  partner_id: "prt_northwind",
  email: "bob@acme.example",
  display_name: "Bob",
  status: "active",
  last_login_at: null,
  created_at: "2026-03-01T09:00:00Z",
  roles: ["tenant_viewer", "auditor_of_tomorrow"],
};
const ORGANIZATION = "/api/v1/organization";

const open = (more: Parameters<typeof serve>[0] = {}, me: unknown = ada) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(me),
    [`GET ${ORGANIZATION}`]: one(acme),
    [`GET ${ORGANIZATION}/users`]: page([bob]),
    ...more,
  });
  show(Organization, "/settings/organization");
  return asked;
};

afterEach(() => vi.unstubAllGlobals());

it("shows who sells, who works here with which role, and where people are invited", async () => {
  open();
  expect(await screen.findByRole("link", { name: "help@northwind.example" })).toBeInTheDocument();
  expect(await screen.findByText("Bob")).toBeInTheDocument();
  expect(screen.getByText("Viewer, auditor of tomorrow")).toBeInTheDocument();
  expect(screen.getByText("Never")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: /Invite in ScaiKey/ })).toHaveAttribute("href", acme.people_url);
});

it("saves what the organisation is not told about, and keeps single topics of others", async () => {
  const asked = open({
    [`PATCH ${ORGANIZATION}`]: one({
      ...acme,
      notification_opt_outs: ["subscription", "usage.threshold_reached"],
    }),
  });
  const user = userEvent.setup();
  const save = await screen.findByRole("button", { name: "Save" });
  expect(save).toBeDisabled();
  expect(screen.getByText("Left out: usage.threshold_reached")).toBeInTheDocument();
  await user.click(screen.getByRole("checkbox", { name: /^Subscriptions/ }));
  await user.click(save);
  expect(await screen.findByText("Your choices are saved.")).toBeInTheDocument();
  const sent = asked.find((request) => request.method === "PATCH");
  expect(await sent?.json()).toEqual({
    preferred_language: "nl",
    notification_opt_outs: ["usage.threshold_reached", "subscription"],
  });
  await waitFor(() => expect(screen.getByRole("checkbox", { name: /^Subscriptions/ })).not.toBeChecked());
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
});

it("keeps what was chosen when it cannot be saved, and says why", async () => {
  open({ [`PATCH ${ORGANIZATION}`]: refusal(503, "unavailable", "x") });
  const user = userEvent.setup();
  await user.selectOptions(await screen.findByLabelText("Language"), "Deutsch");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText(/The service is busy right now/)).toBeInTheDocument();
  expect(screen.getByLabelText("Language")).toHaveValue("de");
});

it("shows whoever may change nothing what is chosen, and no people", async () => {
  const asked = open({}, { ...ada, permissions: ["services:read"] });
  expect(await screen.findByText("Your role may see these details, not change them.")).toBeInTheDocument();
  expect(screen.getByLabelText("Language")).toBeDisabled();
  expect(asked.map((request) => new URL(request.url).pathname)).not.toContain(`${ORGANIZATION}/users`);
});

it("tells whole categories from topics in them", () => {
  const given = ["usage.threshold_reached", "system.*"];
  expect([isTold(given, "usage"), isTold(given, "system")]).toEqual([true, false]);
  expect(topicsLeftOut(given, "usage")).toEqual(["usage.threshold_reached"]);
  expect(told(given, "system", true)).toEqual(["usage.threshold_reached"]);
  expect(told(given, "usage", false)).toEqual(["system.*", "usage"]);
});
