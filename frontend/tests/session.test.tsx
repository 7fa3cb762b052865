import { screen } from "@solidjs/testing-library";
import { beforeEach, expect, it, vi } from "vitest";
import { ada } from "./cast";
import { one, refusal, serve } from "./server";

beforeEach(() => {
  vi.resetModules();
  document.cookie = "sc_signed_in=; Max-Age=0";
  window.history.replaceState(null, "", "/");
});

/** The whole portal, loaded anew, because it looks at the marker as it starts. */
async function start(address: string, marked: boolean) {
  if (marked) document.cookie = "sc_signed_in=1";
  window.history.replaceState(null, "", address);
  const { render } = await import("@solidjs/testing-library");
  const { QueryClientProvider } = await import("@tanstack/solid-query");
  const { makeQueryClient } = await import("../src/api/queries");
  const { Routes } = await import("../src/routes");
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
