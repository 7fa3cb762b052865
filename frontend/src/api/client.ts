import createClient, { type Middleware } from "openapi-fetch";
import { loadRefusals } from "../i18n/refusals";
import { ApiError } from "./errors";
import type { components, paths } from "./schema";
import { firstAnswer } from "./firstAnswers";
import { endSession } from "./session";

export type Schemas = components["schemas"];

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

/** A page of another site cannot set this header without asking first, and the server refuses to be asked. */
export const PORTAL_HEADER = { "X-ScaiControl-Portal": "1" } as const;

const guard: Middleware = {
  onRequest({ request }) {
    if (!READS.has(request.method))
      for (const [name, value] of Object.entries(PORTAL_HEADER)) request.headers.set(name, value);
    return request;
  },
  async onResponse({ response }) {
    if (response.status === 401) endSession();
    // Without its sentence an error says what the server does, in English.
    else if (!response.ok) await loadRefusals().catch(() => undefined);
  },
};

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  // openapi-fetch keeps the fetch it finds when it is made; looking it up on each call lets tests replace it.
  fetch: async (request) => firstAnswer(request) ?? globalThis.fetch(request),
});
api.use(guard);

interface Answer<D> {
  data?: D;
  error?: unknown;
  response: Response;
}

/** Turns openapi-fetch's result into the body, or throws an ApiError. An aborted call stays an abort. */
export async function must<D>(call: Promise<Answer<D>>): Promise<D> {
  let answer: Answer<D>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0);
  }
  if (answer.response.ok) return answer.data as D;
  throw new ApiError(answer.response.status, envelope(answer.error), answer.response.headers);
}

/** The same for the single-object envelope: what stands in `data`. */
export async function mustData<D>(call: Promise<Answer<{ data: D }>>): Promise<D> {
  return (await must(call)).data;
}

/** A proxy in between may answer with a page or a bare string. */
function envelope(body: unknown): object {
  return typeof body === "object" && body !== null ? body : {};
}
