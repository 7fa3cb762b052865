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

/** Any 401 ends the session for the whole page, whichever request met it. */
export const endSession = () => setSession((now) => (now === "open" ? "ended" : now));
export const signedOut = () => setSession("none");

/** Where to sign in, and to come back to this very page. */
export function loginAddress(path: string): string {
  return `/auth/login?return_to=${encodeURIComponent(path)}`;
}
