import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Schemas } from "../src/api/client";
import { setViewing } from "../src/api/session";
import PortalViews from "../src/features/portal-views/PortalViews";
import Subscription from "../src/features/subscriptions/Subscription";
import { Shell } from "../src/ui/Shell";
import { ada, pro } from "./cast";
import { one, page, refusal, serve } from "./server";
import { show } from "./show";

const view: Schemas["PortalViewOut"] = {
  id: "pvw_1",
  operator_name: "Olga",
  reason: "An invoice is said to be missing.",
  ticket: "SUP-1234",
  begun_at: "2026-11-23T10:00:00Z",
  ends_at: "2026-11-23T10:30:00Z",
};
const ME = "GET /api/v1/auth/me";

afterEach(() => {
  setViewing(false);
  vi.unstubAllGlobals();
});

/** The End button goes through `fetch(path, …)`, the rest through a Request; both are answered here. */
function serveEnd(answer: Response): string[] {
  const asked: string[] = [];
  const rest = globalThis.fetch;
  vi.stubGlobal("fetch", (request: Request | string, init?: RequestInit) => {
    if (typeof request !== "string") return rest(request);
    asked.push(`${init?.method} ${request} ${new Headers(init?.headers).get("X-ScaiControl-Portal")}`);
    return Promise.resolve(answer);
  });
  return asked;
}

it("says on the page that an operator looks, why and until when", async () => {
  serve({ [ME]: one({ ...ada, portal_view: view }) });
  show(Shell, "/");
  expect(await screen.findByText(/You see the portal of Acme as an operator, until/)).toBeInTheDocument();
  expect(screen.getByText("Why: An invoice is said to be missing. (SUP-1234)")).toBeInTheDocument();
});

it("says nothing of it to the tenant's own people", async () => {
  serve({ [ME]: one(ada) });
  show(Shell, "/");
  await screen.findByText("Ada");
  expect(screen.queryByRole("button", { name: "End the view" })).toBeNull();
});

it("ends the view and goes back to where it came from", async () => {
  serve({ [ME]: one({ ...ada, portal_view: view }) });
  const asked = serveEnd(one({ redirect_url: "/admin/tenant/details/tnt_acme" }));
  const assign = vi.fn<(address: string) => void>();
  vi.stubGlobal("location", { ...window.location, origin: window.location.origin, assign });
  show(Shell, "/");
  await userEvent.setup().click(await screen.findByRole("button", { name: "End the view" }));
  await waitFor(() => expect(assign).toHaveBeenCalledWith("/admin/tenant/details/tnt_acme"));
  expect(asked).toEqual(["POST /auth/end-view 1"]);
});

it("says when it could not be ended", async () => {
  serve({ [ME]: one({ ...ada, portal_view: view }) });
  serveEnd(refusal(503, "unavailable", "x"));
  show(Shell, "/");
  await userEvent.setup().click(await screen.findByRole("button", { name: "End the view" }));
  expect(await screen.findByText(/The view goes on/)).toBeInTheDocument();
});

it("tells the operator that looking is not acting, in place of a role that is none of theirs", async () => {
  serve({
    [ME]: one({ ...ada, portal_view: view }),
    "GET /api/v1/subscriptions/sub_pro": one(pro),
    "POST /api/v1/subscriptions/sub_pro/cancel": refusal(403, "forbidden", "x"),
  });
  show(Subscription, "/subscriptions/:id", "/subscriptions/sub_pro");
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Cancel subscription" }));
  await user.click(screen.getByRole("button", { name: /^Cancel on/ }));
  expect(await screen.findByText(/as an operator and can change nothing in it/)).toBeInTheDocument();
});

it("lists for the tenant who looked, when and why", async () => {
  serve({ "GET /api/v1/organization/portal-views": page([view]) });
  show(PortalViews, "/settings/portal-views");
  expect(await screen.findByText("Olga")).toBeInTheDocument();
  expect(screen.getByText("An invoice is said to be missing.")).toBeInTheDocument();
  expect(screen.getByText("SUP-1234")).toBeInTheDocument();
  expect(screen.getByText("1 view")).toBeInTheDocument();
});

it("says that nobody looked", async () => {
  serve({ "GET /api/v1/organization/portal-views": page([]) });
  show(PortalViews, "/settings/portal-views");
  expect(await screen.findByText("Nobody has looked at your portal")).toBeInTheDocument();
});
