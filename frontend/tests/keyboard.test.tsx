import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { Shell } from "../src/ui/Shell";
import { ada, invoice, pro } from "./cast";
import { one, page, serve } from "./server";
import { show } from "./show";

const drive = {
  service_slug: "scaidrive",
  service_name: "ScaiDrive",
  links: [{ label: "Open", url: "https://drive.example.com/acme" }],
};

const open = async (me: unknown = { ...ada, permissions: [...ada.permissions, "services:read"] }) => {
  const asked = serve({
    "GET /api/v1/auth/me": one(me),
    "GET /api/v1/notifications": page([]),
    "GET /api/v1/subscriptions": page([pro]),
    "GET /api/v1/billing/invoices": page([invoice]),
    "GET /api/v1/services": one([drive]),
  });
  const shown = show(Shell, "*", "/");
  await screen.findByText("Ada");
  return { ...shown, asked, user: userEvent.setup() };
};

afterEach(() => vi.unstubAllGlobals());

it("finds a document among all there are, by its amount", async () => {
  const { asked, user } = await open();
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox", { name: /invoice number/ }), "1815");
  await waitFor(() => {
    const found = asked.map((request) => new URL(request.url)).filter((url) => url.searchParams.has("q"));
    expect(found.map((url) => url.pathname + url.search)).toContain(
      "/api/v1/billing/invoices?page_size=10&q=1815",
    );
  });
  expect(await screen.findByRole("option", { name: /SCAI-2026-000001/ })).toBeVisible();
});

it("finds an invoice by a part of its number, with the keyboard alone", async () => {
  const { history, user } = await open();
  await user.keyboard("{Control>}k{/Control}");
  const field = await screen.findByRole("combobox", { name: /invoice number/ });
  await user.type(field, "000001");
  await screen.findByRole("option", { name: /SCAI-2026-000001/ });
  await user.keyboard("{Enter}");
  await waitFor(() => expect(history.get()).toBe("/billing/invoices/inv_1"));
  expect(screen.queryByRole("combobox", { name: /invoice number/ })).toBeNull();
});

it("walks what it found with the arrow keys, and opens a service in a new tab", async () => {
  const opened = vi.fn<(address: string, target: string) => void>();
  const { user } = await open();
  vi.stubGlobal("open", opened);
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox", { name: /invoice number/ }), "scai");
  const names = async () => (await screen.findAllByRole("option")).map((option) => option.textContent);
  await waitFor(async () => expect(await names()).toHaveLength(3));
  expect((await names())[0]).toMatch(/^ScaiDrive/);
  await user.keyboard("{ArrowDown}{ArrowUp}{ArrowUp}");
  expect(screen.getAllByRole("option").at(-1)).toHaveAttribute("aria-selected", "true");
  await user.keyboard("{ArrowDown}{Enter}");
  expect(opened.mock.calls[0]?.[0]).toBe("https://drive.example.com/acme");
});

it("says when nothing is called that", async () => {
  const { user } = await open();
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox", { name: /invoice number/ }), "zebra");
  expect(await screen.findByText("Nothing is called that.")).toBeInTheDocument();
});

it("goes to a page by g and its letter, only where the role may go", async () => {
  const { history, user } = await open({ ...ada, permissions: ["subscriptions:read"] });
  await user.keyboard("gi");
  expect(history.get()).toBe("/");
  await user.keyboard("gs");
  await waitFor(() => expect(history.get()).toBe("/subscriptions"));
  await user.keyboard("?");
  expect(await screen.findByText("Go to: Subscriptions")).toBeInTheDocument();
  expect(screen.queryByText("Go to: Invoices")).toBeNull();
});

it("does nothing by single keys once they are switched off", async () => {
  const { history, user } = await open();
  await user.keyboard("?");
  await user.click(await screen.findByRole("checkbox", { name: "Use these single-key shortcuts" }));
  await user.click(screen.getByRole("button", { name: "Close" }));
  await user.keyboard("gs?");
  expect(history.get()).toBe("/");
  expect(screen.queryByText("Go to: Subscriptions")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Keyboard shortcuts", hidden: true }));
  await user.click(await screen.findByRole("checkbox", { name: "Use these single-key shortcuts" }));
});
