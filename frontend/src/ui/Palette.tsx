import { useNavigate } from "@solidjs/router";
import { createEffect, createMemo, createSignal, createUniqueId, For, onCleanup, Show } from "solid-js";
import { q, useQuery } from "../api/queries";
import { useCan } from "../features/session/useCan";
import { language, t, tn } from "../i18n";
import { Dialog } from "./Dialog";
import type { Place } from "./places";

interface Item {
  kind: "page" | "subscription" | "invoice" | "service";
  name: string;
  more?: string;
  href: string;
}

const SHOWN = 10;
const REST = 200;
const ENOUGH = { page_size: 100 };

/** Whatever has a name: typed, chosen with the arrow keys, opened with Enter. */
export default function Palette(props: { places: readonly Place[]; onClose: () => void }) {
  const can = useCan();
  const navigate = useNavigate();
  const id = createUniqueId();
  const [typed, setTyped] = createSignal("");
  const [at, setAt] = createSignal(0);
  let list!: HTMLDivElement;

  const subscriptions = useQuery(() => ({
    ...q.subscriptions(ENOUGH),
    enabled: can("subscriptions:read"),
  }));
  // Of documents there may be thousands: the server finds them by what is typed, once the typing rests.
  const [asked, setAsked] = createSignal("");
  createEffect(() => {
    const text = typed().trim();
    const timer = setTimeout(() => setAsked(text), REST);
    onCleanup(() => clearTimeout(timer));
  });
  const invoices = useQuery(() => ({
    ...q.invoices(asked() ? { page_size: SHOWN, q: asked() } : { page_size: SHOWN }),
    enabled: can("billing:read"),
  }));
  const services = useQuery(() => ({ ...q.services(language()), enabled: can("services:read") }));

  const items = createMemo((): Item[] => [
    ...props.places.map(({ name, href }) => ({ kind: "page" as const, name: t(`nav.${name}`), href })),
    ...(services.data ?? []).flatMap((service) =>
      service.links.map((link) => ({
        kind: "service" as const,
        name: service.service_name,
        more: link.label,
        href: link.url,
      })),
    ),
    ...(subscriptions.data?.data ?? []).map((one) => ({
      kind: "subscription" as const,
      name: one.service_name,
      more: `${one.plan_name} · ${t(`status.${one.status}`)}`,
      href: `/subscriptions/${one.id}`,
    })),
    ...(invoices.data?.data ?? []).map((one) => ({
      kind: "invoice" as const,
      name: one.number ?? one.id,
      more: t(`status.${one.status}`),
      href: `/billing/invoices/${one.id}`,
    })),
  ]);
  const found = createMemo(() => {
    const words = plain(typed()).split(/\s+/).filter(Boolean);
    return items()
      .filter((item) => {
        if (item.kind === "invoice" && asked() !== "" && asked() === typed().trim()) return true; // by amounts, too
        const text = plain(`${item.name} ${item.more ?? ""} ${t(`palette.${item.kind}`)}`);
        return words.every((word) => text.includes(word));
      })
      .slice(0, SHOWN);
  });
  const chosen = () => Math.min(at(), found().length - 1);
  const option = (index: number) => `${id}-${index}`;
  createEffect(() => list.children[chosen()]?.scrollIntoView?.({ block: "nearest" }));

  const go = (item: Item | undefined) => {
    if (!item) return;
    props.onClose();
    if (item.kind === "service") window.open(item.href, "_blank", "noopener,noreferrer");
    else navigate(item.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && found().length > 0) {
      event.preventDefault();
      setAt((chosen() + step + found().length) % found().length);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      go(found()[chosen()]);
    }
  };

  return (
    <Dialog title={t("palette.title")} onClose={() => props.onClose()}>
      <input
        class="input w-full"
        role="combobox"
        aria-label={t("palette.label")}
        placeholder={t("palette.label")}
        aria-expanded={found().length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={found().length > 0 ? option(chosen()) : undefined}
        autocomplete="off"
        spellcheck={false}
        autofocus
        value={typed()}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        ref={list}
        id={id}
        role="listbox"
        aria-label={t("palette.title")}
        class="mt-3 max-h-80 overflow-y-auto"
      >
        <For each={found()}>
          {(item, index) => (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- The field has the keys.
            <div
              id={option(index())}
              role="option"
              aria-selected={index() === chosen()}
              class={`rounded-field flex cursor-pointer items-baseline gap-3 px-3 py-2 text-sm ${index() === chosen() ? "bg-primary/10" : "hover:bg-base-200"}`}
              onClick={() => go(item)}
            >
              <span class="min-w-0 flex-1 truncate">
                {item.name}
                <Show when={item.more}>
                  <span class="text-muted"> · {item.more}</span>
                </Show>
              </span>
              <span class="text-muted text-xs whitespace-nowrap">{t(`palette.${item.kind}`)}</span>
            </div>
          )}
        </For>
      </div>
      <p role="status" class={found().length > 0 ? "sr-only" : "text-muted px-3 py-2 text-sm"}>
        {found().length > 0 ? tn("palette.found", found().length) : t("palette.nothing")}
      </p>
    </Dialog>
  );
}

/** Without case and accents: "factura" finds "Facturà". */
const plain = (text: string) => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase();
