import type { Schemas } from "../../api/client";

type Held = Schemas["PackSubscriptionOut"];

const GONE: ReadonlySet<Held["status"]> = new Set(["cancelled", "expired"]);

/** Those that have not ended. */
export const running = (held: readonly Held[]): Held[] => held.filter((each) => !GONE.has(each.status));
