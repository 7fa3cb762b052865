import { createSignal, Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { known, t, tn } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Icon } from "../../ui/Icon";
import { type Column, DataTable } from "../../ui/DataTable";
import { Card } from "../../ui/layout";
import { Pagination } from "../../ui/Pagination";
import { Async, EmptyState } from "../../ui/states";
import { Badge } from "../../ui/StatusBadge";

type Person = Schemas["UserOut"];

const COLUMNS: readonly Column<Person>[] = [
  {
    id: "name",
    header: () => t("organization.person"),
    heads: true,
    cell: (person) => (
      <>
        <span class="block font-medium break-words">{person.display_name || person.email || person.id}</span>
        <Show when={person.display_name}>
          <span class="text-muted block text-sm break-all">{person.email}</span>
        </Show>
      </>
    ),
  },
  {
    id: "roles",
    header: () => t("organization.roles"),
    cell: (person) => person.roles.map(role).join(", ") || t("organization.noRole"),
  },
  {
    id: "status",
    header: () => t("common.status"),
    cell: (person) =>
      person.status === "active" ? (
        <Badge tone="good">{t("organization.active")}</Badge>
      ) : (
        <Badge tone="quiet">{t("organization.blocked")}</Badge>
      ),
  },
  {
    id: "seen",
    header: () => t("organization.lastSeen"),
    cell: (person) => (person.last_login_at ? fmt.moment(person.last_login_at) : t("organization.never")),
  },
];

/** Who works in the organisation and what each may do. Roles are the provider's to give, invitations the directory's. */
export function People(props: { invitations: string | null }) {
  const [number, setNumber] = createSignal(1);
  const list = useQuery(() => q.people(number()));
  return (
    <Card
      title={t("organization.people")}
      action={
        <Show when={props.invitations}>
          {(address) => (
            <a
              href={address()}
              target="_blank"
              rel="noopener noreferrer external"
              class="btn btn-plain btn-sm"
            >
              {t("organization.invite")}
              <Icon name="outside" class="size-4" />
              <span class="sr-only">, {t("services.newTab")}</span>
            </a>
          )}
        </Show>
      }
    >
      <p class="text-muted px-5 py-4 text-sm">{t("organization.peopleText")}</p>
      <Async query={list} lines={4}>
        {(page) => (
          <Show
            when={page().pagination.total > 0}
            fallback={<EmptyState title={t("organization.nobody")} text={t("organization.nobodyText")} />}
          >
            <DataTable caption={t("organization.people")} columns={COLUMNS} rows={page().data} />
            <Pagination
              pagination={page().pagination}
              count={tn("organization.count", page().pagination.total)}
              onPage={setNumber}
            />
          </Show>
        )}
      </Async>
    </Card>
  );
}

function role(name: string): string {
  const key = `role.${name}`;
  return known(key) ? String(t(key)) : name.replaceAll("_", " ");
}
