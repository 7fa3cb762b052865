import { createForm, focus, Form, getErrors, getInput, setErrors, type SubmitHandler } from "@formisch/solid";
import { createSignal, type JSX, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { ApiError } from "../../api/errors";
import { FORMAT_NAMES } from "../../api/files";
import { useCheckVatNumber, useSaveBillingProfile } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { LANGUAGES, t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Notice, PageHead } from "../../ui/layout";
import { useManyOptions } from "../../ui/manyOptions";
import { Async, errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { Unsaved } from "../../ui/Unsaved";
import { useCan } from "../session/useCan";
import { VatStanding } from "./VatStanding";
import { CheckField, SelectField, TextField } from "./controls";
import { countries } from "./countries";
import {
  ADDRESS_PARTS,
  type AddressPart,
  type FieldName,
  isField,
  type ProfileForm,
  profileForm,
  toBody,
  toInput,
} from "./fields";

type Profile = Schemas["BillingProfileOut"];

export default function BillingProfile() {
  const profile = useQuery(() => q.billingProfile());
  return (
    <>
      <PageHead title={t("profile.title")} />
      <Async query={profile} lines={12} frame={(state) => <div class="panel">{state}</div>}>
        {(data) => (
          // A newer version is another form: what was typed belongs to the version it was typed over.
          <Show when={{ profile: data() }} keyed>
            {(current) => <Editor profile={current.profile} reload={() => void profile.refetch()} />}
          </Show>
        )}
      </Async>
    </>
  );
}

function Editor(props: { profile: Profile | null; reload: () => void }) {
  const can = useCan();
  const save = useSaveBillingProfile();
  const [failure, setFailure] = createSignal<unknown>();
  // oxlint-disable-next-line solid/reactivity -- The form starts from the version it was opened on.
  const opened = props.profile;
  const form = createForm({
    schema: profileForm((part): boolean => asks(part)),
    initialInput: toInput(opened),
    validate: "blur",
  });
  const country = (): string => getInput(form, { path: ["country_code"] }) ?? "";
  const places = useManyOptions(
    () => (country() ? [[country(), fmt.country(country())]] : []),
    () => countries(),
  );
  const format = useQuery(() => q.addressFormat(country()));
  // Until the country is known its address is asked for as in most.
  const asks = (part: AddressPart): boolean => (format.data?.required ?? ADDRESS_PARTS).includes(part);
  const locked = () => !can("billing:manage");

  // An answer of VIES is about the number that is saved, or the one that was asked about; never about one that was typed
  // since, or was refused.
  const check = useCheckVatNumber();
  const [checked, setChecked] = createSignal<Checked>();
  const typedNumber = () => (getInput(form, { path: ["vat_number"] }) ?? "").trim();
  const vatHelp = () => {
    if (getErrors(form, { path: ["vat_number"] })) return undefined;
    if (typedNumber() === (props.profile?.vat_number ?? "")) return answerOfVies(props.profile);
    if (check.isPending) return t("vat.checking");
    const answer = checked();
    return answer?.typed === typedNumber() && answer.country === country() ? wordsOf(answer.said) : undefined;
  };
  /** Says before saving what saving would say, as the field is left. */
  const checkNumber = async () => {
    const typed = typedNumber();
    const where = country();
    const known = checked()?.typed === typed && checked()?.country === where;
    if (locked() || typed === "" || where === "" || known || typed === (props.profile?.vat_number ?? ""))
      return;
    try {
      const said = await check.mutateAsync({ vat_number: typed, country_code: where });
      setChecked({ typed, country: where, said });
    } catch (error) {
      const message = error instanceof ApiError ? error.fields["vat_number"] : undefined;
      // What cannot be asked now is said when it is saved.
      if (message && typedNumber() === typed) setErrors(form, { path: ["vat_number"], errors: [message] });
    }
  };

  const submit: SubmitHandler<ProfileForm> = async (output) => {
    setFailure(undefined);
    try {
      await save.mutateAsync(toBody(output, opened?.version ?? null));
      toast("success", t("profile.saved"));
    } catch (error) {
      setFailure(error);
      if (error instanceof ApiError) showAtFields(error.fields);
    }
  };

  const showAtFields = (messages: Readonly<Record<string, string>>) => {
    let first: FieldName | undefined;
    for (const [name, message] of Object.entries(messages)) {
      if (!isField(name)) continue;
      setErrors(form, { path: [name], errors: [message] });
      first ??= name;
    }
    if (first) focus(form, { path: [first] });
  };

  return (
    <Form of={form} onSubmit={submit} class="grid gap-6">
      <p class="text-muted max-w-2xl">{t("profile.intro")}</p>
      <Show when={locked()}>
        <Notice tone="info">
          <p>{t("profile.readOnly")}</p>
        </Notice>
      </Show>
      <Group title={t("profile.company")}>
        <TextField form={form} name="company_name" required wide disabled={locked()} />
        <CheckField form={form} name="is_business" wide disabled={locked()} />
        <div class="contents" onFocusOut={() => void checkNumber()}>
          <TextField form={form} name="vat_number" disabled={locked()} help={vatHelp()} />
        </div>
        <CheckField form={form} name="tax_exempt" disabled help={t("profile.tax_exemptHelp")} />
      </Group>
      <VatStanding />
      <Group title={t("profile.address")}>
        <TextField
          form={form}
          name="address_line1"
          required={asks("address_line1")}
          wide
          disabled={locked()}
        />
        <TextField form={form} name="address_line2" wide disabled={locked()} />
        <TextField form={form} name="postal_code" required={asks("postal_code")} disabled={locked()} />
        <TextField form={form} name="city" required={asks("city")} disabled={locked()} />
        <TextField form={form} name="state" disabled={locked()} />
        <SelectField
          form={form}
          name="country_code"
          required
          none={t("profile.choose")}
          options={places()}
          disabled={locked()}
        />
      </Group>
      <Group title={t("profile.contact")}>
        <TextField form={form} name="contact_email" type="email" disabled={locked()} />
        <TextField form={form} name="phone" type="tel" disabled={locked()} />
        <SelectField
          form={form}
          name="preferred_language"
          none={t("profile.providerDefault")}
          options={Object.entries(LANGUAGES)}
          disabled={locked()}
        />
      </Group>
      <Group title={t("profile.einvoice")}>
        <SelectField
          form={form}
          name="preferred_einvoice_format"
          none={t("profile.formatNone")}
          options={Object.entries(FORMAT_NAMES)}
          disabled={locked()}
        />
        <TextField
          form={form}
          name="buyer_reference"
          disabled={locked()}
          help={t("profile.buyer_referenceHelp")}
        />
        <TextField
          form={form}
          name="peppol_scheme"
          disabled={locked()}
          help={t("profile.peppol_schemeHelp")}
        />
        <TextField form={form} name="peppol_id" disabled={locked()} />
        <TextField form={form} name="leitweg_id" disabled={locked()} help={t("profile.leitweg_idHelp")} />
      </Group>
      <Group title={t("profile.documents")}>
        <TextField
          form={form}
          name="invoice_template_name"
          disabled={locked()}
          help={t("profile.templateHelp")}
        />
        <TextField
          form={form}
          name="email_template_name"
          disabled={locked()}
          help={t("profile.templateHelp")}
        />
      </Group>
      <Unsaved changed={form.isDirty} />
      <Show when={failure()}>{(error) => <Failure error={error()} reload={() => props.reload()} />}</Show>
      <Show when={!locked()}>
        <div class="save-bar">
          <button
            type="submit"
            class="btn btn-primary"
            aria-busy={form.isSubmitting}
            disabled={form.isSubmitting}
          >
            {form.isSubmitting ? t("profile.saving") : t("profile.save")}
          </button>
        </div>
      </Show>
    </Form>
  );
}

function Failure(props: { error: unknown; reload: () => void }) {
  const conflict = () => props.error instanceof ApiError && props.error.status === 409;
  const atFields = () => props.error instanceof ApiError && Object.keys(props.error.fields).some(isField);
  return (
    <div role="alert">
      <Notice tone="bad">
        <Show
          when={conflict()}
          fallback={<p>{atFields() ? t("profile.fixFields") : errorMessage(props.error)}</p>}
        >
          <p>{t("profile.conflict")}</p>
          <button type="button" class="btn btn-plain btn-sm" onClick={() => props.reload()}>
            {t("profile.loadNewest")}
          </button>
        </Show>
      </Notice>
    </div>
  );
}

function Group(props: { title: string; children: JSX.Element }) {
  return (
    <fieldset class="panel p-5 sm:p-6">
      <legend class="sr-only">{props.title}</legend>
      <div class="grid gap-6 lg:grid-cols-[12rem_minmax(0,1fr)]">
        <h2 class="font-semibold" aria-hidden="true">
          {props.title}
        </h2>
        <div class="grid gap-x-4 gap-y-5 sm:grid-cols-2">{props.children}</div>
      </div>
    </fieldset>
  );
}

interface Checked {
  typed: string;
  country: string;
  said: Schemas["VatNumberOut"];
}

/** What VIES says about a number that is not saved yet. */
function wordsOf(said: Checked["said"]): string | undefined {
  if (said.answer === "not_asked") return undefined;
  if (said.answer === "valid" && said.name) return t("vat.validNamed", { name: said.name });
  return t(`vat.${said.answer}`);
}

/** What VIES said about the number that is saved. */
function answerOfVies(profile: Profile | null): string | undefined {
  switch (profile?.vat_number_result) {
    case "valid":
      return t("profile.vatValid", {
        date: profile.vat_number_validated_at ? fmt.day(profile.vat_number_validated_at) : "–",
      });
    case "invalid":
      return t("profile.vatInvalid");
    case "unavailable":
      return t("profile.vatUnavailable");
    default:
      return undefined;
  }
}
