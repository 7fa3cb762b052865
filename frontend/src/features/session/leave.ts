import { PORTAL_HEADER } from "../../api/client";
import { ApiError } from "../../api/errors";

/**
 * Ends the session on the server. Resolves to the address where the sign-in service ends its own session, if there is
 * one; throws an ApiError when the session may still be open.
 */
export const signOut = (): Promise<string | null> => leave("/auth/logout");

/** Ends an operator's view of this portal, and resolves to the page of the console it came from. */
export const endView = (): Promise<string | null> => leave("/auth/end-view");

async function leave(path: string): Promise<string | null> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { ...PORTAL_HEADER, Accept: "application/json" },
      redirect: "manual", // The sign-in service is another site, which a fetch may not follow.
    });
  } catch {
    throw new ApiError(0);
  }
  if (answer.type === "opaqueredirect" || answer.status === 204 || answer.status === 401) return null;
  if (!answer.ok) throw new ApiError(answer.status);
  const body: unknown = await answer.json().catch(() => null);
  return redirectIn(body);
}

function redirectIn(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return null;
  const inner = "data" in body ? body.data : body;
  if (typeof inner !== "object" || inner === null || !("redirect_url" in inner)) return null;
  return typeof inner.redirect_url === "string" ? inner.redirect_url : null;
}
