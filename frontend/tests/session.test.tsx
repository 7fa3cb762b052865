import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ada, profile } from "./cast";
import { one, page, refusal, serve } from "./server";

beforeEach(() => {
  vi.resetModules();
  document.cookie = "sc_signed_in=; Max-Age=0";
  window.history.replaceState(null, "", "/");
});

// That of the test's own modules: setup.ts has loaded others, which know nothing of these pages.
afterEach(async () => (await import("@solidjs/testing-library")).cleanup());

/** The whole portal, loaded anew, because it looks at the marker as it starts. */
async function start(address: string, marked: boolean) {
  if (marked) document.cookie = "sc_signed_in=1";
  window.history.replaceState(null, "", address);
  const { render } = await import("@solidjs/testing-library");
  const { QueryClientProvider } = await import("@tanstack/solid-query");
  const { makeQueryClient } = await import("../src/api/queryClient");
  const { Routes } = await import("../src/routes");
  const { setLanguage } = await import("../src/i18n");
  await setLanguage("en");
  render(() => (
    <QueryClientProvider client={makeQueryClient()}>
      <Routes />
    </QueryClientProvider>
  ));
}

it("shows the way in to a visitor, without asking who it is, and leads back to the same page", async () => {
  const asked = serve({});
  await start("/billing/invoices?status=paid", false);
  const link = await screen.findByRole("link", { name: "Sign in" });
  expect(link).toHaveAttribute("href", "/auth/login?return_to=%2Fbilling%2Finvoices%3Fstatus%3Dpaid");
  expect(asked).toHaveLength(0);
});

it("says that the session has ended when the server no longer knows it", async () => {
  serve({ "GET /api/v1/auth/me": refusal(401, "unauthorized", "x") });
  await start("/", true);
  expect(await screen.findByText(/Your session has ended/)).toBeInTheDocument();
});

// The menu is a popover, which jsdom takes for closed at any width.
it("shows a person only the places of the role", async () => {
  serve({ "GET /api/v1/auth/me": one({ ...ada, permissions: ["subscriptions:read"] }) });
  await start("/nowhere", true);
  expect(await screen.findByRole("link", { name: "Subscriptions", hidden: true })).toBeInTheDocument();
  expect(screen.getByRole("heading", { name: "This page does not exist" })).toBeInTheDocument();
  expect(screen.queryByRole("link", { name: "Invoices", hidden: true })).toBeNull();
});

it("sends whoever belongs to no tenant to the console, and asks for nothing else", async () => {
  const operator = { ...ada, tenant_id: null, tenant_name: null, roles: ["super_admin"] };
  const asked = serve({ "GET /api/v1/auth/me": one(operator) });
  await start("/subscriptions", true);
  expect(await screen.findByRole("link", { name: "Open the console" })).toHaveAttribute("href", "/admin");
  expect(screen.queryByRole("link", { name: "Subscriptions", hidden: true })).toBeNull();
  expect([...new Set(asked.map((request) => new URL(request.url).pathname))]).toEqual(["/api/v1/auth/me"]);
});

it("shows a viewer what is on offer", async () => {
  const offer = {
    slug: "key",
    name: "ScaiKey",
    description: "Log-in",
    plans_from_cents: 900,
    currency: "EUR",
  };
  serve({
    "GET /api/v1/auth/me": one({ ...ada, roles: ["tenant_viewer"], permissions: ["services:read"] }),
    "GET /api/v1/catalog/services": page([offer]),
  });
  await start("/", true);
  expect(await screen.findByText("from €9.00 per month")).toBeInTheDocument();
});

const PROFILE = "/settings/billing-profile";
const city = async () => {
  await waitFor(() => expect(screen.getByLabelText(/City/)).toBeEnabled());
  return screen.getByLabelText(/City/);
};

/** Ada has changed her city when the server forgets her; `next` is who signs in in the other tab. */
async function lose(next: Response) {
  let me = one(ada);
  serve({
    "GET /api/v1/auth/me": () => me.clone(),
    "GET /api/v1/billing/billing-profile": one(profile),
    "PUT /api/v1/billing/billing-profile": refusal(401, "unauthorized", "x"),
  });
  await start(PROFILE, true);
  const user = userEvent.setup();
  await user.clear(await city());
  await user.type(await city(), "Utrecht");
  await user.click(screen.getByRole("button", { name: "Save details" }));
  await screen.findByRole("heading", { name: "Your session has ended" });
  me = refusal(401, "unauthorized", "x");
  await user.click(screen.getByRole("button", { name: "Go on" }));
  expect(await screen.findByText("You are not signed in yet.")).toBeInTheDocument();
  me = next;
  await user.click(screen.getByRole("button", { name: "Go on" }));
}

it("keeps what was typed when the session ends, and goes on with it", async () => {
  await lose(one(ada));
  await waitFor(() => expect(screen.queryByText("Your session has ended")).toBeNull());
  expect(await city()).toHaveValue("Utrecht");
});

it("shows nothing of one person to the next", async () => {
  await lose(one({ ...ada, user_id: "usr_bob" }));
  await waitFor(() => expect(screen.queryByLabelText(/City/)).toBeNull());
});

it("asks before a changed form is left, and before the tab is closed", async () => {
  serve({
    "GET /api/v1/auth/me": one(ada),
    "GET /api/v1/billing/billing-profile": one(profile),
    "GET /api/v1/billing/invoices": page([]),
  });
  await start(PROFILE, true);
  const user = userEvent.setup();
  await city();
  const closing = () => dispatchEvent(new Event("beforeunload", { cancelable: true }));
  expect(closing()).toBe(true);
  await user.type(await city(), " Zuid");
  expect(closing()).toBe(false);
  const away = screen.getByRole("link", { name: "Invoices", hidden: true });
  await user.click(away);
  await user.click(await screen.findByRole("button", { name: "Stay here" }));
  expect(await city()).toHaveValue("Amsterdam Zuid");
  await user.click(away);
  await user.click(await screen.findByRole("button", { name: "Leave" }));
  expect(await screen.findByRole("heading", { name: "Invoices" })).toBeInTheDocument();
  expect(closing()).toBe(true);
});
