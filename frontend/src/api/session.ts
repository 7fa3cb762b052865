import { createSignal } from "solid-js";

/**
 * The session itself is a cookie that scripts cannot see. The server sets a readable marker beside it, which spares
 * a visitor who never signed in the question and its 401.
 */
const MARKER = "sc_signed_in=1";

export type SessionState = "none" | "open" | "ended";

const marked = () => document.cookie.split("; ").includes(MARKER);
const [session, setSession] = createSignal<SessionState>(marked() ? "open" : "none");
export { session };

/** Whether an operator looks at this portal: what is refused then, and what ends, is said in other words. */
export const [viewing, setViewing] = createSignal(false);

/** Any 401 ends the session for the whole page, whichever request met it. */
export const endSession = () => setSession((now) => (now === "open" ? "ended" : now));
export const signedOut = () => setSession("none");

/** Where to sign in, and to come back to this very page. */
export function loginAddress(path: string): string {
  return `/auth/login?return_to=${encodeURIComponent(path)}`;
}
