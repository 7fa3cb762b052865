import * as v from "valibot";
import type { Schemas } from "../../api/client";
import { LANGUAGES, t } from "../../i18n";

type ProfileIn = Omit<Schemas["BillingProfileIn"], "version">;
export type FieldName = keyof ProfileIn;

const LENGTH = {
  company_name: 200,
  address_line1: 200,
  address_line2: 200,
  postal_code: 32,
  city: 120,
  state: 120,
  vat_number: 32,
  phone: 40,
  peppol_id: 64,
  leitweg_id: 46,
  invoice_template_name: 120,
  email_template_name: 120,
  buyer_reference: 120,
} as const;

const short = (name: keyof typeof LENGTH) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.maxLength(LENGTH[name], () => t("profile.tooLong", { n: String(LENGTH[name]) })),
  );
const needed = (name: keyof typeof LENGTH) =>
  v.pipe(
    short(name),
    v.nonEmpty(() => t("profile.required")),
  );
const neededWhere = (name: AddressPart, asks: (part: AddressPart) => boolean) =>
  v.pipe(
    short(name),
    v.check(
      (text) => text !== "" || !asks(name),
      () => t("profile.required"),
    ),
  );
/** Empty, or as the pattern says. */
const maybe = (pattern: RegExp, message: () => string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => text === "" || pattern.test(text), message),
  );

/** What most countries have in an address, and some have not. */
export const ADDRESS_PARTS = ["address_line1", "postal_code", "city"] as const;
export type AddressPart = (typeof ADDRESS_PARTS)[number];

export const FORMATS = ["ubl", "xrechnung", "cii", "zugferd", "facturx"] as const;

/**
 * What the browser can see at once; the server checks again, and alone knows VAT numbers, check digits and layouts.
 * A form holds text, so an absent value is "" in here. `asks` says which parts an address of the chosen country needs.
 */
export const profileForm = (asks: (part: AddressPart) => boolean) =>
  v.object({
    company_name: needed("company_name"),
    is_business: v.boolean(),
    vat_number: short("vat_number"),
    tax_exempt: v.boolean(),
    address_line1: neededWhere("address_line1", asks),
    address_line2: short("address_line2"),
    postal_code: neededWhere("postal_code", asks),
    city: neededWhere("city", asks),
    state: short("state"),
    country_code: v.pipe(
      v.string(),
      v.nonEmpty(() => t("profile.required")),
    ),
    contact_email: maybe(/^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/, () => t("profile.badEmail")),
    phone: short("phone"),
    preferred_language: v.picklist(["", ...(Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[])]),
    preferred_einvoice_format: v.picklist(["", ...FORMATS]),
    peppol_scheme: maybe(/^\d{4}$/, () => t("profile.badScheme")),
    peppol_id: short("peppol_id"),
    leitweg_id: short("leitweg_id"),
    buyer_reference: short("buyer_reference"),
    invoice_template_name: short("invoice_template_name"),
    email_template_name: short("email_template_name"),
  } satisfies Record<FieldName, v.GenericSchema>);

export type ProfileForm = ReturnType<typeof profileForm>;
export type ProfileInput = v.InferInput<ProfileForm>;
export type ProfileOutput = v.InferOutput<ProfileForm>;

const NAMES = Object.keys(profileForm(() => true).entries) as FieldName[];
export const isField = (name: string): name is FieldName => (NAMES as string[]).includes(name);

/** Absent values become what a form can hold; a first profile is that of a business. */
export function toInput(profile: Schemas["BillingProfileOut"] | null): ProfileInput {
  const given = NAMES.map((name) => [name, profile?.[name] ?? blank(name)]);
  return Object.fromEntries(given) as ProfileInput;
}

/** And back: an empty field is an absent value. */
export function toBody(output: ProfileOutput, version: number | null): Schemas["BillingProfileIn"] {
  const given = Object.entries(output).map(([name, value]) => [name, value === "" ? null : value]);
  return { ...(Object.fromEntries(given) as ProfileIn), version };
}

function blank(name: FieldName): string | boolean {
  if (name === "is_business") return true;
  return name === "tax_exempt" ? false : "";
}
