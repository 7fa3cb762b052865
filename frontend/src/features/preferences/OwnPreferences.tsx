import { createSignal, createUniqueId, For, type JSX, Show } from "solid-js";
import { useSavePreferences } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { viewing } from "../../api/session";
import { LANGUAGES, locale, t } from "../../i18n";
import { type Choices, DATE_FORMATS, NUMBER_FORMATS } from "../../lib/choices";
import { day } from "../../lib/dates";
import { quantity } from "../../lib/money";
import { Notice, PageHead } from "../../ui/layout";
import { useManyOptions } from "../../ui/manyOptions";
import { Async, errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { Unsaved } from "../../ui/Unsaved";

const AMOUNT = "12345.6";
const DAY = "2026-01-31";

/** How pages speak to this person, kept with the account. */
export default function OwnPreferences() {
  const own = useQuery(() => q.preferences());
  return (
    <>
      <PageHead title={t("nav.preferences")} />
      <p class="text-muted mb-6 max-w-2xl">{t("preferences.text")}</p>
      <section class="panel p-5 sm:p-6" aria-label={t("nav.preferences")}>
        <Async query={own} lines={8}>
          {(data) => (
            <Show when={data()} keyed>
              {(current) => <Editor of={current} />}
            </Show>
          )}
        </Async>
      </section>
    </>
  );
}

function Editor(props: { of: Choices }) {
  const save = useSavePreferences();
  // oxlint-disable-next-line solid/reactivity -- The form starts from what it was opened on; a newer one is another form.
  const opened = props.of;
  const [chosen, setChosen] = createSignal(opened);
  const [failure, setFailure] = createSignal<unknown>();
  const changed = () =>
    Object.entries(chosen()).some(([name, value]) => value !== opened[name as keyof Choices]);
  const choose = (name: keyof Choices, value: string | null) => {
    setChosen((before) => ({ ...before, [name]: value }));
  };
  const submit: JSX.EventHandler<HTMLFormElement, SubmitEvent> = async (event) => {
    event.preventDefault();
    setFailure(undefined);
    try {
      await save.mutateAsync(chosen());
      toast("success", t("preferences.saved"));
    } catch (error) {
      setFailure(error);
    }
  };
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = useManyOptions(
    () => [chosen().time_zone].filter((zone) => zone !== null).map(named),
    () => knownZones(chosen().time_zone).map(named),
  );
  return (
    <form class="grid gap-5 sm:max-w-md" onSubmit={submit}>
      <Choice
        name="language"
        none={t("preferences.asBrowser")}
        value={chosen().language}
        options={Object.entries(LANGUAGES)}
        onChange={(value) => choose("language", value)}
      />
      <Choice
        name="number_format"
        none={t("preferences.asLanguage", { example: quantity(locale(), AMOUNT) })}
        value={chosen().number_format}
        options={NUMBER_FORMATS.map((numbers) => [numbers, quantity(locale(), AMOUNT, { numbers })])}
        onChange={(value) => choose("number_format", value)}
      />
      <Choice
        name="date_format"
        none={t("preferences.asLanguage", { example: day(locale(), DAY) })}
        value={chosen().date_format}
        options={DATE_FORMATS.map((days) => [days, day(locale(), DAY, { days })])}
        onChange={(value) => choose("date_format", value)}
      />
      <Choice
        name="time_zone"
        none={`${t("preferences.asBrowser")}: ${here}`}
        value={chosen().time_zone}
        options={zones()}
        help={t("preferences.zoneText")}
        onChange={(value) => choose("time_zone", value)}
      />
      <Choice
        name="theme"
        none={t("preferences.asBrowser")}
        value={chosen().theme}
        options={[
          ["light", t("theme.light")],
          ["dark", t("theme.dark")],
        ]}
        onChange={(value) => choose("theme", value)}
      />
      <Show when={failure()}>
        {(error) => (
          <div role="alert">
            <Notice tone="bad">
              <p>{errorMessage(error())}</p>
            </Notice>
          </div>
        )}
      </Show>
      <Show when={!viewing()}>
        <div>
          <button
            type="submit"
            class="btn btn-primary"
            aria-busy={save.isPending}
            disabled={save.isPending || !changed()}
          >
            {t(save.isPending ? "profile.saving" : "common.save")}
          </button>
        </div>
      </Show>
      <Unsaved changed={changed()} />
    </form>
  );
}

function Choice(props: {
  name: keyof Choices;
  none: string;
  value: string | null;
  options: readonly (readonly [string, string])[];
  help?: string;
  onChange: (value: string | null) => void;
}) {
  const id = createUniqueId();
  return (
    <div class="grid gap-1.5">
      <label for={id} class="text-sm font-medium">
        {t(`preferences.${props.name}`)}
      </label>
      <select
        id={id}
        class="select w-full"
        aria-describedby={`${id}-help`}
        onChange={(event) => props.onChange(event.currentTarget.value || null)}
      >
        <option value="" selected={props.value === null}>
          {props.none}
        </option>
        <For each={props.options}>
          {([value, label]) => (
            <option value={value} selected={value === props.value}>
              {label}
            </option>
          )}
        </For>
      </select>
      <p id={`${id}-help`} class="text-muted text-xs empty:hidden">
        {props.help}
      </p>
    </div>
  );
}

const named = (zone: string) => [zone, zone.replaceAll("_", " ")] as const;

/** The zones this browser knows, and the chosen one, which may come from another browser. */
function knownZones(chosen: string | null): string[] {
  const known = Intl.supportedValuesOf("timeZone");
  return chosen && !known.includes(chosen) ? [chosen, ...known] : known;
}
