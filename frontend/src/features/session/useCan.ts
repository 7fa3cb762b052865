import { q, useQuery } from "../../api/queries";

export type Scope =
  | "billing:read"
  | "billing:manage"
  | "services:read"
  | "subscriptions:read"
  | "subscriptions:manage";

/** What this person may do, to hide what would be refused anyway; the server decides. */
export function useCan(): (scope: Scope) => boolean {
  const me = useQuery(() => q.me());
  return (scope) =>
    me.data !== undefined && (me.data.permissions.includes(scope) || me.data.roles.includes("super_admin"));
}
