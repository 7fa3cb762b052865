import { createSignal } from "solid-js";
import { forgetChoices } from "../lib/choices";

/**
 * The session itself is a cookie that scripts cannot see. The server sets a readable marker beside it, which spares
 * a visitor who never signed in the question and its 401.
 */
const MARKER = "sc_signed_in=1";

export type SessionState = "none" | "open" | "ended";

const marked = () => document.cookie.split("; ").includes(MARKER);
const [session, setSession] = createSignal<SessionState>(marked() ? "open" : "none");
const [person, setPerson] = createSignal<string>();
const [endings, setEndings] = createSignal(0);
/** `endings` counts the requests that were refused for want of a session. */
export { endings, session };

/** Somebody was at this page whose work may still stand in it. */
export const wasHere = () => person() !== undefined;

/** Whether an operator looks at this portal: what is refused then, and what ends, is said in other words. */
export const [viewing, setViewing] = createSignal(false);

/** Any 401 ends the session for the whole page, whichever request met it. */
export const endSession = () => {
  setSession((now) => (now === "open" ? "ended" : now));
  setEndings((before) => before + 1);
};
export const signedOut = () => {
  forgetChoices();
  setPerson(undefined);
  setSession("none");
};

/** Notes who the server says this is; tells whether it is who was here before. Tenants differ as persons do. */
export function greet(someone: { user_id: string; tenant_id: string | null }): boolean {
  const now = `${someone.user_id} ${someone.tenant_id}`;
  const before = person();
  if (before !== undefined && before !== now) return false;
  setPerson(now);
  setSession("open");
  return true;
}

/** Another person signed in meanwhile: nothing of the one before may stay on screen or in memory. */
export function startAnew(): Promise<never> {
  signedOut();
  location.reload();
  return new Promise(() => undefined);
}

/** Where to sign in, and to come back to this very page. */
export function loginAddress(path: string): string {
  return `/auth/login?return_to=${encodeURIComponent(path)}`;
}
