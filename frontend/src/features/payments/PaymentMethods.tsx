import { useSearchParams } from "@solidjs/router";
import { createSignal, For, onMount, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { newIdempotencyKey, useConfirmMethod, useDefaultMethod, useStartMethod } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { t, worded } from "../../i18n";
import { Card, PageHead } from "../../ui/layout";
import { Badge } from "../../ui/StatusBadge";
import { Async, EmptyState, errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { useCan } from "../session/useCan";
import { expiry } from "./expiry";
import { RemoveDialog } from "./RemoveDialog";
import { recallSetup, rememberSetup, setUpAt } from "./begun";
import { goTo } from "./ways";

type Method = Schemas["PaymentMethodOut"];

export default function PaymentMethods() {
  const can = useCan();
  const methods = useQuery(() => q.paymentMethods());
  return (
    <>
      <PageHead title={t("methods.title")} />
      <div class="grid gap-6">
        <Returned />
        <Card title={t("methods.stored")}>
          <Async query={methods} lines={4}>
            {(list) => (
              <Show
                when={list().length > 0}
                fallback={
                  <EmptyState
                    icon="paymentMethods"
                    title={t("methods.empty")}
                    text={t("methods.emptyText")}
                  />
                }
              >
                <ul class="divide-base-300 divide-y">
                  <For each={list()}>{(method) => <Row of={method} />}</For>
                </ul>
              </Show>
            )}
          </Async>
        </Card>
        <Show when={can("billing:manage")}>
          <Add />
        </Show>
      </div>
    </>
  );
}

/** Finishes what was begun at a provider's page, once, when it sends the person back here. */
function Returned() {
  const [params, setParams] = useSearchParams<{ added?: string; reference?: string }>();
  const confirm = useConfirmMethod();
  onMount(() => {
    const setup = recallSetup(params.added);
    setParams({ added: undefined, reference: undefined }, { replace: true });
    if (!setup) return;
    confirm.mutate(setup, {
      onSuccess: (method) => toast("success", t("methods.added", { method: method.label })),
      onError: (error) => toast("error", errorMessage(error)),
    });
  });
  return (
    <Show when={confirm.isPending}>
      <p role="status" class="text-muted text-sm">
        {t("methods.adding")}
      </p>
    </Show>
  );
}

function Row(props: { of: Method }) {
  const can = useCan();
  const choose = useDefaultMethod();
  const [removing, setRemoving] = createSignal(false);
  const makeDefault = async () => {
    const done = t("methods.isDefault", { method: props.of.label });
    try {
      await choose.mutateAsync(props.of.id); // By then the list is new, and this row may be gone from it.
      toast("success", done);
    } catch (error) {
      toast("error", errorMessage(error));
    }
  };
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {props.of.label}
          <Show when={props.of.is_default}>
            <Badge tone="quiet">{t("methods.default")}</Badge>
          </Show>
        </p>
        <p class="text-muted text-sm">{worded("payment", props.of.type)}</p>
        <Show when={expiry(props.of, new Date())}>
          {(state) => (
            <p class={`text-sm ${state().soon ? "text-error font-medium" : "text-muted"}`}>
              {t(state().past ? "methods.expired" : "methods.expires", { month: state().month })}
            </p>
          )}
        </Show>
      </div>
      <Show when={props.of.type === "sepa_debit"}>
        <Mandate of={props.of} />
      </Show>
      <Show when={can("billing:manage")}>
        <div class="flex flex-wrap gap-2">
          <Show when={!props.of.is_default}>
            <button
              type="button"
              class="btn btn-plain btn-sm"
              disabled={choose.isPending}
              aria-label={t("methods.makeDefaultOf", { method: props.of.label })}
              onClick={() => void makeDefault()}
            >
              {t("methods.makeDefault")}
            </button>
          </Show>
          <button
            type="button"
            class="btn btn-ghost btn-sm"
            aria-label={t("methods.removeOf", { method: props.of.label })}
            onClick={() => setRemoving(true)}
          >
            {t("methods.remove")}
          </button>
        </div>
      </Show>
      <Show when={removing()}>
        <RemoveDialog of={props.of} onClose={() => setRemoving(false)} />
      </Show>
    </li>
  );
}

/** The mandate of the SEPA Core scheme, in the words its rulebook prescribes. */
function Mandate(props: { of: Method }) {
  const me = useQuery(() => q.me());
  return (
    <details class="order-last w-full text-sm">
      <summary class="link link-hover w-fit">{t("mandate.title")}</summary>
      <p class="text-muted mt-2 max-w-prose">
        {t("mandate.text", { creditor: me.data?.partner_name ?? "" })}
        <Show when={props.of.mandate_reference}>
          {(reference) => (
            <span class="mt-1 block">
              {t("mandate.reference")} <span class="font-mono break-all">{reference()}</span>
            </span>
          )}
        </Show>
      </p>
    </details>
  );
}

/** What the tenant's provider takes; what one types there, no script of this page ever sees. */
function Add() {
  const providers = useQuery(() => q.paymentProviders());
  const start = useStartMethod();
  const confirm = useConfirmMethod();
  const key = newIdempotencyKey();

  const add = async (slug: string) => {
    try {
      const setup = await start.mutateAsync({ key: `${key}-${slug}`, slug, returnUrl: setUpAt(slug) });
      if (setup.redirect_url) {
        rememberSetup(slug, setup.reference);
        if (!goTo(setup.redirect_url)) toast("error", t("methods.cannot"));
      } else if (setup.client_secret) {
        toast("error", t("methods.cannot"));
      } else {
        const method = await confirm.mutateAsync({ slug, reference: setup.reference });
        toast("success", t("methods.added", { method: method.label }));
      }
    } catch (error) {
      toast("error", errorMessage(error));
    }
  };

  return (
    <Card title={t("methods.add")}>
      <Async query={providers} lines={2}>
        {(list) => (
          <ul class="divide-base-300 divide-y">
            <For
              each={list().filter((provider) => provider.capabilities.includes("setup"))}
              fallback={<li class="text-muted p-5 text-sm">{t("methods.noneOffered")}</li>}
            >
              {(provider) => (
                <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3">
                  <div class="min-w-0">
                    <p class="font-medium">{provider.display_name}</p>
                    <p class="text-muted text-sm">
                      {t(provider.capabilities.includes("charge") ? "methods.charged" : "methods.sent")}
                    </p>
                  </div>
                  <button
                    type="button"
                    class="btn btn-plain btn-sm"
                    disabled={start.isPending || confirm.isPending}
                    aria-label={t("methods.addOf", { provider: provider.display_name })}
                    onClick={() => void add(provider.slug)}
                  >
                    {t("methods.addThis")}
                  </button>
                </li>
              )}
            </For>
          </ul>
        )}
      </Async>
    </Card>
  );
}
