import { A } from "@solidjs/router";
import { createSignal, createUniqueId, For, type JSX, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useSaveOrganization } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { LANGUAGES, t } from "../../i18n";
import { LegalLinks } from "../../ui/Brand";
import { Icon } from "../../ui/Icon";
import { Card, Fact, Notice, PageHead } from "../../ui/layout";
import { Async, errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { Unsaved } from "../../ui/Unsaved";
import { useCan } from "../session/useCan";
import { isTold, told, TELLABLE, topicsLeftOut } from "./optOuts";
import { People } from "./People";

type Organization = Schemas["OrganizationOut"];

/** Who the tenant is, who sells to it, who works in it, and what it is told about. */
export default function Organization() {
  const can = useCan();
  const organization = useQuery(() => q.organization());
  return (
    <>
      <PageHead title={t("nav.organization")} />
      <Async query={organization} lines={10} frame={(state) => <div class="panel">{state}</div>}>
        {(data) => (
          <div class="grid gap-6">
            <div class="grid items-start gap-6 xl:grid-cols-2">
              <Facts of={data()} />
              <Seller of={data().partner} />
            </div>
            <Show
              when={can("billing:manage")}
              fallback={<p class="text-muted text-sm">{t("roles.people")}</p>}
            >
              <People invitations={data().people_url} />
            </Show>
            <Show when={data()} keyed>
              {(current) => <Choices of={current} />}
            </Show>
          </div>
        )}
      </Async>
    </>
  );
}

function Facts(props: { of: Organization }) {
  const can = useCan();
  return (
    <Card
      title={t("organization.about")}
      action={
        <Show when={can("billing:read")}>
          <A href="/settings/billing-profile" class="link link-hover text-primary text-sm font-medium">
            {t("nav.billingProfile")}
          </A>
        </Show>
      }
    >
      <dl class="divide-base-300 divide-y px-5 py-2 text-sm">
        <Fact label={t("organization.name")}>{props.of.name}</Fact>
        <Fact label={t("organization.contact")}>{props.of.contact_email}</Fact>
        <Fact label={t("organization.id")}>
          <span class="font-mono text-xs">{props.of.tenant_id}</span>
        </Fact>
      </dl>
      <p class="text-muted px-5 pb-4 text-sm">{t("organization.aboutText")}</p>
    </Card>
  );
}

function Seller(props: { of: Organization["partner"] }) {
  return (
    <Card title={t("organization.seller")}>
      <dl class="divide-base-300 divide-y px-5 py-2 text-sm">
        <Fact label={t("organization.name")}>{props.of.name}</Fact>
        <Fact label={t("organization.legalName")}>
          {props.of.legal_name === props.of.name ? null : props.of.legal_name}
        </Fact>
        <Fact label={t("organization.contact")}>
          <Show when={props.of.email}>
            {(email) => (
              <a href={`mailto:${email()}`} class="link text-primary break-all">
                {email()}
              </a>
            )}
          </Show>
        </Fact>
      </dl>
      <div class="grid gap-3 px-5 pb-4">
        <p class="text-muted text-sm">{t("organization.sellerText")}</p>
        <LegalLinks />
      </div>
    </Card>
  );
}

/** What is chosen for everybody in the organisation: the language it is met in, and what it is not told about. */
function Choices(props: { of: Organization }) {
  const can = useCan();
  const save = useSaveOrganization();
  const id = createUniqueId();
  // oxlint-disable-next-line solid/reactivity -- The form starts from what it was opened on; a newer one is another form.
  const opened = props.of;
  const [language, setLanguage] = createSignal(opened.preferred_language);
  const [optOuts, setOptOuts] = createSignal<readonly string[]>(opened.notification_opt_outs);
  const [failure, setFailure] = createSignal<unknown>();
  const locked = () => !can("billing:manage");
  const changed = () =>
    language() !== opened.preferred_language ||
    optOuts().toSorted().join() !== opened.notification_opt_outs.toSorted().join();
  const submit: JSX.EventHandler<HTMLFormElement, SubmitEvent> = async (event) => {
    event.preventDefault();
    setFailure(undefined);
    try {
      await save.mutateAsync({ preferred_language: language(), notification_opt_outs: [...optOuts()] });
      toast("success", t("organization.saved"));
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <form onSubmit={submit}>
      <Card title={t("organization.choices")}>
        <div class="grid gap-6 p-5">
          <div class="grid max-w-sm gap-1.5">
            <label for={id} class="text-sm font-medium">
              {t("organization.language")}
            </label>
            <select
              id={id}
              class="select w-full"
              disabled={locked()}
              aria-describedby={`${id}-help`}
              onChange={(event) =>
                setLanguage((event.currentTarget.value || null) as Organization["preferred_language"])
              }
            >
              <option value="" selected={language() === null}>
                {t("organization.languageEach")}
              </option>
              <For each={Object.entries(LANGUAGES)}>
                {([code, name]) => (
                  <option value={code} lang={code} selected={code === language()}>
                    {name}
                  </option>
                )}
              </For>
            </select>
            <p id={`${id}-help`} class="text-muted text-xs">
              {t("organization.languageText")}
            </p>
          </div>
          <fieldset class="grid gap-3">
            <legend class="mb-1 text-sm font-medium">{t("organization.told")}</legend>
            <For each={TELLABLE}>
              {(category) => (
                <div class="flex min-h-6 items-start gap-3 text-sm">
                  <input
                    id={`${id}-${category}`}
                    type="checkbox"
                    aria-describedby={`${id}-${category}-text`}
                    class="checkbox checkbox-sm checkbox-primary mt-0.5"
                    checked={isTold(optOuts(), category)}
                    disabled={locked()}
                    onChange={(event) => setOptOuts(told(optOuts(), category, event.currentTarget.checked))}
                  />
                  <div>
                    <label for={`${id}-${category}`} class="font-medium">
                      {t(`notices.${category}`)}
                    </label>
                    <p id={`${id}-${category}-text`} class="text-muted">
                      {t(`organization.told_${category}`)}
                      <Show when={topicsLeftOut(optOuts(), category).join(", ")}>
                        {(topics) => (
                          <span class="block">{t("organization.except", { topics: topics() })}</span>
                        )}
                      </Show>
                    </p>
                  </div>
                </div>
              )}
            </For>
            <p class="text-muted flex gap-2 text-sm">
              <Icon name="info" class="mt-0.5 size-4" />
              {t("organization.always")}
            </p>
          </fieldset>
          <Show when={failure()}>
            {(error) => (
              <div role="alert">
                <Notice tone="bad">
                  <p>{errorMessage(error())}</p>
                </Notice>
              </div>
            )}
          </Show>
          <Show when={!locked()} fallback={<p class="text-muted text-sm">{t("profile.readOnly")}</p>}>
            <div>
              <button
                type="submit"
                class="btn btn-primary btn-sm"
                aria-busy={save.isPending}
                disabled={save.isPending || !changed()}
              >
                {t(save.isPending ? "profile.saving" : "common.save")}
              </button>
            </div>
          </Show>
        </div>
      </Card>
      <Unsaved changed={changed()} />
    </form>
  );
}
