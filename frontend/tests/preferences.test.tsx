import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { endSession, greet, setViewing, signedOut } from "../src/api/session";
import OwnPreferences from "../src/features/preferences/OwnPreferences";
import { language, startLanguage } from "../src/i18n";
import { fmt } from "../src/i18n/format";
import { type Choices, choices, forgetChoices, NO_CHOICES } from "../src/lib/choices";
import { theme } from "../src/lib/theme";
import { Preferences } from "../src/ui/Preferences";
import { Shell } from "../src/ui/Shell";
import { ada } from "./cast";
import { one, page, refusal, serve } from "./server";
import { show } from "./show";

const ME = "GET /api/v1/auth/me";
const OWN = "/api/v1/auth/me/preferences";
const german: Choices = {
  ...NO_CHOICES,
  language: "de",
  number_format: "apostrophe_point",
  date_format: "iso",
  theme: "dark",
};
const frame = { [ME]: one(ada), "GET /api/v1/notifications": page([]) };

beforeEach(() => {
  forgetChoices();
  greet({ user_id: "usr_ada", tenant_id: "tnt_acme" });
});
afterEach(() => {
  setViewing(false);
  forgetChoices();
  vi.unstubAllGlobals();
});

it("shows pages as the account says, here and at the next visit, until the person leaves", async () => {
  serve({ ...frame, [`GET ${OWN}`]: one(german) });
  show(Shell, "/");
  await waitFor(() => expect(choices()).toEqual(german));
  expect([language(), theme(), startLanguage()]).toEqual(["de", "dark", "de"]);
  expect(fmt.money(123456789, "EUR").replaceAll("\u00a0", " ")).toBe("1’234’567.89 €");
  expect(fmt.day("2026-01-31")).toBe("2026-01-31");
  signedOut();
  expect([choices(), theme(), startLanguage()]).toEqual([NO_CHOICES, "system", "en"]);
});

it("leaves an operator who looks the ways of their own browser", async () => {
  const view = {
    id: "pvw_1",
    operator_name: "Olga",
    reason: "x",
    ticket: "T",
    begun_at: "2026-11-23T10:00:00Z",
    ends_at: "2026-11-23T10:30:00Z",
  };
  const asked = serve({ ...frame, [ME]: one({ ...ada, portal_view: view }), [`GET ${OWN}`]: one(german) });
  show(Shell, "/");
  await screen.findByText("Ada");
  expect(asked.map((request) => new URL(request.url).pathname)).not.toContain(OWN);
  expect(language()).toBe("en");
});

it("saves all of them with the account, and shows at once what they mean", async () => {
  const asked = serve({ [`GET ${OWN}`]: one(NO_CHOICES), [`PUT ${OWN}`]: one(german) });
  show(OwnPreferences, "/settings/preferences");
  const user = userEvent.setup();
  await user.selectOptions(await screen.findByLabelText("Language"), "Deutsch");
  await user.selectOptions(screen.getByLabelText("Numbers"), "12’345.6");
  await user.selectOptions(screen.getByLabelText("Dates"), "2026-01-31");
  await user.selectOptions(screen.getByLabelText("Appearance"), "Dark theme");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Ihre Einstellungen sind gespeichert.")).toBeInTheDocument();
  expect(await asked.find((request) => request.method === "PUT")?.json()).toEqual(german);
  expect(language()).toBe("de");
});

it("keeps a quick choice of the frame with the account, and the account's others as they are", async () => {
  const dots = { ...NO_CHOICES, date_format: "dots" as const };
  const asked = serve({ [`GET ${OWN}`]: one(dots), [`PUT ${OWN}`]: one({ ...dots, theme: "dark" }) });
  show(Preferences, "/");
  await userEvent.setup().selectOptions(screen.getByLabelText("Appearance"), "Dark theme");
  await waitFor(() => expect(choices()).toEqual({ ...dots, theme: "dark" }));
  expect(await asked.find((request) => request.method === "PUT")?.json()).toEqual({ ...dots, theme: "dark" });
});

it("says when a choice could not be kept, which holds here all the same", async () => {
  serve({ [`GET ${OWN}`]: refusal(503, "unavailable", "x") });
  show(Preferences, "/");
  await userEvent.setup().selectOptions(screen.getByLabelText("Appearance"), "Dark theme");
  expect(await screen.findByText(/This holds here only/)).toBeInTheDocument();
  expect(theme()).toBe("dark");
});

it("keeps a choice before the sign-in in the browser", async () => {
  endSession();
  signedOut();
  const asked = serve({});
  show(Preferences, "/");
  await userEvent.setup().selectOptions(screen.getByLabelText("Language"), "Deutsch");
  await waitFor(() => expect(language()).toBe("de"));
  expect([asked, localStorage.getItem("scaicontrol.language")]).toEqual([[], "de"]);
});
