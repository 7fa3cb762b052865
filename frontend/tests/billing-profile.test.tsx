import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import BillingProfile from "../src/features/billing-profile/BillingProfile";
import { ada, profile } from "./cast";
import { one, refusal, serve } from "./server";
import { show } from "./show";

const ME = "GET /api/v1/auth/me";
const GET = "GET /api/v1/billing/billing-profile";
const PUT = "PUT /api/v1/billing/billing-profile";
const open = () => show(BillingProfile, "/settings/billing-profile");
const editable = async () => {
  open();
  await screen.findByRole("button", { name: "Save details" });
};
const save = () => userEvent.setup().click(screen.getByRole("button", { name: "Save details" }));
const saved = (asked: Request[]) => asked.filter((request) => request.method === "PUT");
const retype = async (label: RegExp | string, text: string) => {
  const user = userEvent.setup();
  const field = await screen.findByLabelText(label);
  await user.clear(field);
  if (text) await user.type(field, text);
};

it("sends all twenty fields with the version, empty ones as absent", async () => {
  const asked = serve({
    [ME]: one(ada),
    [GET]: one(profile),
    [PUT]: one({ ...profile, city: "Utrecht", version: 5 }),
  });
  await editable();
  await retype(/City/, "Utrecht");
  await save();
  expect(await screen.findByText("Your billing details are saved.")).toBeInTheDocument();
  const {
    tenant_id: _t,
    vat_number_validated_at: _v,
    vat_number_result: _r,
    tax_exempt_reason: _x,
    tax_exempt_reason_code: _y,
    missing_for_finalisation: _m,
    created_at: _c,
    updated_at: _u,
    ...fields
  } = profile;
  expect(await saved(asked)[0]!.json()).toEqual({ ...fields, city: "Utrecht", version: 4 });
  expect(Object.keys(fields)).toHaveLength(20 + 1);
});

it("starts an empty form for a tenant without a profile", async () => {
  const asked = serve({ [ME]: one(ada), [GET]: one(null) });
  await editable();
  expect(screen.getByLabelText("This is a business")).toBeChecked();
  await save();
  expect(await screen.findAllByText("Fill in this field")).toHaveLength(5);
  expect(saved(asked)).toHaveLength(0);
});

it("marks the fields that the server refuses", async () => {
  const detail = [
    { loc: ["body", "vat_number"], msg: "Not a number of the Netherlands.", type: "value_error" },
  ];
  serve({ [ME]: one(ada), [GET]: one(profile), [PUT]: refusal(422, "validation_error", "x", { detail }) });
  await editable();
  await save();
  expect(await screen.findByText("Check this field.")).toBeInTheDocument();
  expect(screen.getByLabelText("VAT number")).toHaveAttribute("aria-invalid", "true");
  await waitFor(() => expect(screen.getByLabelText("VAT number")).toHaveFocus());
});

it("says what VIES answered only of the number that was asked about", async () => {
  const asked = { vat_number_result: "valid", vat_number_validated_at: "2026-11-02T10:00:00Z" };
  const detail = [{ loc: ["body", "vat_number"], msg: "Not a number.", type: "value_error" }];
  serve({
    [ME]: one(ada),
    [GET]: one({ ...profile, ...asked }),
    [PUT]: refusal(422, "validation_error", "x", { detail }),
  });
  await editable();
  expect(screen.getByText(/Confirmed by VIES/)).toBeInTheDocument();
  await retype("VAT number", "NL1");
  expect(screen.queryByText(/Confirmed by VIES/)).toBeNull();
  await retype("VAT number", "NL123456789B01");
  expect(screen.getByText(/Confirmed by VIES/)).toBeInTheDocument();
  await save();
  expect(await screen.findByText("Check this field.")).toBeInTheDocument();
  expect(screen.queryByText(/Confirmed by VIES/)).toBeNull();
});

it("offers the newest version when somebody else was faster", async () => {
  let current = profile;
  serve({ [ME]: one(ada), [GET]: () => one(current), [PUT]: refusal(409, "conflict", "x") });
  await editable();
  await retype(/City/, "Utrecht");
  await save();
  current = { ...profile, city: "Rotterdam", version: 5 };
  await userEvent.setup().click(await screen.findByRole("button", { name: "Load the newest" }));
  await waitFor(() => expect(screen.getByLabelText(/City/)).toHaveValue("Rotterdam"));
});

it("can be read, not changed, by a role that may only read", async () => {
  serve({ [ME]: one({ ...ada, permissions: ["billing:read"] }), [GET]: one(profile) });
  open();
  await waitFor(() => expect(screen.getByLabelText(/City/)).toBeDisabled());
  expect(screen.queryByRole("button", { name: "Save details" })).toBeNull();
});

it("asks for a postcode only where the country has them", async () => {
  const hongKong = { ...profile, country_code: "HK", postal_code: null, city: null, vat_number: null };
  const asked = serve({
    [ME]: one(ada),
    [GET]: one(hongKong),
    [PUT]: one({ ...hongKong, version: 5 }),
    "GET /api/v1/billing/address-formats/HK": one({ country_code: "HK", required: ["address_line1"] }),
    "GET /api/v1/billing/address-formats/NL": one({
      country_code: "NL",
      required: ["address_line1", "postal_code", "city"],
    }),
  });
  await editable();
  await waitFor(() => expect(screen.getByLabelText(/Postal code/)).not.toBeRequired());
  await save();
  expect(await screen.findByText("Your billing details are saved.")).toBeInTheDocument();
  expect(await saved(asked)[0]!.json()).toMatchObject({ postal_code: null, city: null });
});

it("asks for it again when the country that is chosen has them", async () => {
  serve({
    [ME]: one(ada),
    [GET]: one({ ...profile, country_code: "HK", postal_code: null, city: null, vat_number: null }),
    "GET /api/v1/billing/address-formats/HK": one({ country_code: "HK", required: ["address_line1"] }),
    "GET /api/v1/billing/address-formats/NL": one({
      country_code: "NL",
      required: ["address_line1", "postal_code", "city"],
    }),
  });
  await editable();
  await screen.findByRole("option", { name: "Netherlands" }); // the others come once the page is drawn
  await userEvent.setup().selectOptions(screen.getByLabelText(/Country/), "NL");
  await waitFor(() => expect(screen.getByLabelText(/Postal code/)).toBeRequired());
  await save();
  expect(await screen.findAllByText("Fill in this field")).toHaveLength(2);
});

const CHECK = "POST /api/v1/billing/billing-profile/check-vat-number";
const VAT = "GET /api/v1/billing/billing-profile/vat";

it("says at the field what a number is before it is saved", async () => {
  const wrong = { reasons: [{ code: "check_digits", field: "vat_number", message: "x" }] };
  let answer = refusal(400, "bad_request", "x", wrong);
  const asked = serve({ [ME]: one(ada), [GET]: one(profile), [CHECK]: () => answer });
  await editable();
  await retype("VAT number", "NL123456789B02");
  await userEvent.setup().tab();
  expect(await screen.findByText("Check the digits of this number.")).toBeInTheDocument();
  answer = one({ vat_number: "NL004495445B01", answer: "valid", name: "Acme Bakeries" });
  await retype("VAT number", "NL004495445B01");
  await userEvent.setup().tab();
  expect(await screen.findByText("VIES knows this number: Acme Bakeries.")).toBeInTheDocument();
  expect(screen.queryByText("Check the digits of this number.")).toBeNull();
  const last = asked.filter((request) => request.url.endsWith("check-vat-number")).at(-1)!;
  expect(await last.json()).toEqual({ vat_number: "NL004495445B01", country_code: "NL" });
  await retype("VAT number", "NL0044");
  expect(screen.queryByText(/VIES knows this number/)).toBeNull(); // it was about another number
});

it.each([
  ["3", "21", null, "You and your provider are in the same country: 21% VAT is added.", 0],
  ["4", "0", "valid", /you account for it yourself/, 1],
  ["5", "19", "invalid", "No valid VAT number of another EU country is known: 19% VAT is added.", 0],
])("says what rule %s means, with the proof of VIES where there is one", async (...given) => {
  const [rule, rate, answer, words, proofs] = given;
  const standing = {
    vat_number: "DE136695976",
    answer,
    consulted_at: "2026-11-02T09:00:00Z",
    consultation_number: "WAPIAAAAW1K2",
    name: "Globex GmbH",
    rule,
    rate,
    label: "",
    reverse_charge: rule === "4",
    legal_note: "",
  };
  serve({ [ME]: one(ada), [GET]: one(profile), [VAT]: one(standing) });
  await editable();
  expect(await screen.findByText(words)).toBeInTheDocument();
  expect(screen.queryAllByText(/Registered as Globex GmbH · VIES consultation WAPIAAAAW1K2/)).toHaveLength(
    proofs,
  );
});
