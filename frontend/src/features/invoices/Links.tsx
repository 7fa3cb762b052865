import { createSignal, For, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { useRevokeLinks } from "../../api/mutations";
import { q, useQuery } from "../../api/queries";
import { t, tn } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Async, errorMessage } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { useCan } from "../session/useCan";

/** The links in mails that open this document without a sign-in; asked for once somebody wants to know. */
export function Links(props: { of: string }) {
  const [open, setOpen] = createSignal(false);
  return (
    <details class="panel p-5" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="cursor-pointer font-semibold">{t("links.title")}</summary>
      <p class="text-muted mt-3 text-sm">{t("links.text")}</p>
      <Show when={open()}>
        <List of={props.of} />
      </Show>
    </details>
  );
}

function List(props: { of: string }) {
  const can = useCan();
  const links = useQuery(() => q.invoiceLinks(props.of));
  const revoke = useRevokeLinks(() => props.of);
  const end = async () => {
    try {
      await revoke.mutateAsync();
      toast("success", t("links.done"));
    } catch (error) {
      toast("error", errorMessage(error));
    }
  };
  const works = (link: Schemas["InvoiceLinkOut"]) =>
    link.revoked_at === null && Date.parse(link.expires_at) > Date.now();
  return (
    <Async query={links} lines={2}>
      {(all) => (
        <Show when={all().length > 0} fallback={<p class="mt-3 text-sm">{t("links.none")}</p>}>
          <ul class="mt-3 grid gap-2 text-sm">
            <For each={all()}>
              {(link) => (
                <li>
                  {works(link)
                    ? t("links.until", { date: fmt.moment(link.expires_at) })
                    : t("links.ended", { date: fmt.moment(link.revoked_at ?? link.expires_at) })}
                  <span class="text-muted block">{tn("links.opened", link.uses)}</span>
                </li>
              )}
            </For>
          </ul>
          <Show when={can("billing:manage") && all().some(works)}>
            <button
              type="button"
              class="btn btn-plain btn-sm mt-4"
              disabled={revoke.isPending}
              onClick={() => void end()}
            >
              {t("links.end")}
            </button>
          </Show>
        </Show>
      )}
    </Async>
  );
}
