import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Schemas } from "../src/api/client";
import { setViewing } from "../src/api/session";
import Notifications from "../src/features/notifications/Notifications";
import { Shell } from "../src/ui/Shell";
import { ada } from "./cast";
import { one, page, refusal, serve } from "./server";
import { show } from "./show";

const failed: Schemas["NotificationOut"] = {
  id: "ntf_1",
  category: "billing",
  severity: "error",
  title: "The payment of SCAI-2026-000001 failed",
  body: "",
  link: "/billing/invoices/inv_1",
  read_at: null,
  created_at: "2026-11-23T10:00:00Z",
};
const trial: Schemas["NotificationOut"] = {
  ...failed,
  id: "ntf_2",
  category: "subscription",
  severity: "warning",
  title: "Your trial ends",
  link: "//elsewhere.example/",
  read_at: "2026-11-22T12:00:00Z",
  created_at: "2026-11-22T10:00:00Z",
};
const ME = "GET /api/v1/auth/me";
const LIST = "GET /api/v1/notifications";
const paths = (asked: readonly Request[]) =>
  asked.map((request) => `${request.method} ${new URL(request.url).pathname.replace("/api/v1", "")}`);

afterEach(() => {
  setViewing(false);
  vi.unstubAllGlobals();
});

it("shows notices by day, the unread ones marked, and leads only into the portal", async () => {
  serve({ [ME]: one(ada), [LIST]: page([failed, trial]) });
  show(Notifications, "/notifications");
  const link = await screen.findByRole("link", { name: failed.title });
  expect(link).toHaveAttribute("href", "/billing/invoices/inv_1");
  expect(screen.getAllByRole("heading", { level: 2 }).map((heading) => heading.textContent)).toEqual([
    "23 Nov 2026",
    "22 Nov 2026",
  ]);
  expect(screen.getAllByText("Unread:")).toHaveLength(1);
  expect(screen.queryByRole("link", { name: trial.title })).toBeNull();
});

it("marks one as read, and all", async () => {
  const asked = serve({
    [ME]: one(ada),
    [LIST]: page([failed, trial]),
    "POST /api/v1/notifications/ntf_1/read": one({ ...failed, read_at: "2026-11-23T11:00:00Z" }),
    "POST /api/v1/notifications/read-all": one({ updated: 1 }),
  });
  show(Notifications, "/notifications");
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: `Mark as read: ${failed.title}` }));
  await waitFor(() => expect(paths(asked)).toContain("POST /notifications/ntf_1/read"));
  await user.click(await screen.findByRole("button", { name: "Mark all as read" }));
  expect(await screen.findByText("1 notification is marked as read.")).toBeInTheDocument();
});

it("keeps what is asked for in the address, and says when nothing matches", async () => {
  const asked = serve({ [ME]: one(ada), [LIST]: page([]) });
  const { history } = show(Notifications, "/notifications");
  const user = userEvent.setup();
  expect(await screen.findByText("No notifications yet")).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText("About"), "Usage");
  await user.click(screen.getByLabelText("Unread only"));
  expect(await screen.findByText("No such notifications")).toBeInTheDocument();
  expect(history.get()).toBe("/notifications?category=usage&unread=1");
  expect(asked.at(-1)?.url).toMatch(/unread_only=true&category=usage|category=usage&unread_only=true/);
});

it("lets an operator who looks mark nothing", async () => {
  setViewing(true);
  serve({ [ME]: one(ada), [LIST]: page([failed]) });
  show(Notifications, "/notifications");
  await screen.findByText(failed.title);
  expect(screen.queryByRole("button", { name: /Mark/ })).toBeNull();
});

it("counts the unread in the frame, and says it when more arrive", async () => {
  let unread = page([failed], 1);
  serve({ [ME]: one(ada), [LIST]: () => unread.clone() });
  show(Shell, "/");
  const bells = await screen.findAllByRole("link", { name: "1 unread notification", hidden: true });
  expect(bells[0]).toHaveAttribute("href", "/notifications");
  expect(screen.queryByText("1 unread notification", { selector: "p" })).toBeNull();
  unread = page([failed], 2);
  window.dispatchEvent(new Event("visibilitychange"));
  await waitFor(() =>
    expect(screen.getByText("2 unread notifications", { selector: "p" })).toBeInTheDocument(),
  );
});

it("keeps the frame when the notices cannot be counted", async () => {
  serve({ [ME]: one(ada), [LIST]: refusal(503, "unavailable", "x") });
  show(Shell, "/");
  const [bell] = await screen.findAllByRole("link", { name: "Notifications: nothing new", hidden: true });
  expect(bell).toBeDefined();
  expect(screen.getByText("Ada")).toBeInTheDocument();
});
