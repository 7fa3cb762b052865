import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";

export type Scope =
  | "billing:read"
  | "billing:manage"
  | "services:read"
  | "subscriptions:read"
  | "subscriptions:manage";

/** What this person may do, to hide what would be refused anyway; the server decides. */
export const may = (me: Schemas["MeOut"], scope: Scope) =>
  me.permissions.includes(scope) || me.roles.includes("super_admin");

export function useCan(): (scope: Scope) => boolean {
  const me = useQuery(() => q.me());
  return (scope) => me.data !== undefined && may(me.data, scope);
}
