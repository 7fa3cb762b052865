import { Field, type FormStore } from "@formisch/solid";
import { createUniqueId, For, type JSX, Show } from "solid-js";
import { t } from "../../i18n";
import type { FieldName, ProfileForm } from "./fields";

export type Form = FormStore<ProfileForm>;
type Flag = "is_business" | "tax_exempt";
type Text = Exclude<FieldName, Flag>;

interface Common {
  form: Form;
  wide?: boolean;
  help?: JSX.Element;
  disabled?: boolean;
}

const AUTOCOMPLETE: Partial<Record<Text, string>> = {
  company_name: "organization",
  address_line1: "address-line1",
  address_line2: "address-line2",
  postal_code: "postal-code",
  city: "address-level2",
  state: "address-level1",
  country_code: "country",
  contact_email: "email",
  phone: "tel",
};

export function TextField(props: Common & { name: Text; type?: "email" | "tel"; required?: boolean }) {
  const id = createUniqueId();
  return (
    <Field of={props.form} path={[props.name]}>
      {(field) => (
        <Frame id={id} {...frame(props, field.errors)}>
          <input
            {...field.props}
            id={id}
            type={props.type ?? "text"}
            class={`input w-full ${field.errors ? "input-error" : ""}`}
            autocomplete={AUTOCOMPLETE[props.name] ?? "off"}
            value={field.input ?? ""}
            disabled={props.disabled}
            aria-required={props.required}
            aria-invalid={field.errors !== null}
            aria-describedby={`${id}-help ${id}-error`}
          />
        </Frame>
      )}
    </Field>
  );
}

export function SelectField(
  props: Common & {
    name: Text;
    required?: boolean;
    none: string;
    options: readonly (readonly [string, string])[];
  },
) {
  const id = createUniqueId();
  return (
    <Field of={props.form} path={[props.name]}>
      {(field) => (
        <Frame id={id} {...frame(props, field.errors)}>
          <select
            {...field.props}
            id={id}
            class={`select w-full ${field.errors ? "select-error" : ""}`}
            autocomplete={AUTOCOMPLETE[props.name] ?? "off"}
            disabled={props.disabled}
            aria-required={props.required}
            aria-invalid={field.errors !== null}
            aria-describedby={`${id}-help ${id}-error`}
          >
            <option value="" selected={field.input === ""}>
              {props.none}
            </option>
            <For each={props.options}>
              {([value, label]) => (
                <option value={value} selected={value === field.input}>
                  {label}
                </option>
              )}
            </For>
          </select>
        </Frame>
      )}
    </Field>
  );
}

export function CheckField(props: Common & { name: Flag }) {
  const id = createUniqueId();
  return (
    <Field of={props.form} path={[props.name]}>
      {(field) => (
        <div class={props.wide ? "sm:col-span-2" : ""}>
          <label class="flex min-h-6 items-center gap-3">
            <input
              {...field.props}
              type="checkbox"
              class="checkbox checkbox-sm checkbox-primary"
              checked={field.input ?? false}
              disabled={props.disabled}
              aria-describedby={`${id}-help ${id}-error`}
            />
            {t(`profile.${props.name}`)}
          </label>
          <Below id={id} help={props.help} errors={field.errors} />
        </div>
      )}
    </Field>
  );
}

type Errors = readonly [string, ...string[]] | null;
interface Framed {
  label: string;
  required: boolean;
  wide: boolean;
  help: JSX.Element;
  errors: Errors;
}

function frame(props: Common & { name: Text; required?: boolean }, errors: Errors): Framed {
  return {
    label: t(`profile.${props.name}`),
    required: props.required ?? false,
    wide: props.wide ?? false,
    help: props.help,
    errors,
  };
}

function Frame(props: Framed & { id: string; children: JSX.Element }) {
  return (
    <div class={`grid content-start gap-1.5 ${props.wide ? "sm:col-span-2" : ""}`}>
      <label for={props.id} class="text-sm font-medium">
        {props.label}
        <Show when={props.required}>
          <span class="text-error" aria-hidden="true">
            {" "}
            *
          </span>
        </Show>
      </label>
      {props.children}
      <Below id={props.id} help={props.help} errors={props.errors} />
    </div>
  );
}

function Below(props: { id: string; help: JSX.Element; errors: Errors }) {
  return (
    <>
      <Show when={props.help}>
        <p id={`${props.id}-help`} class="text-muted text-xs">
          {props.help}
        </p>
      </Show>
      <p id={`${props.id}-error`} class="text-error text-sm empty:hidden" role="alert">
        {props.errors?.[0]}
      </p>
    </>
  );
}
