import { vi } from "vitest";

type Answer = Response | (() => Response | Promise<Response>);

/** Answers the portal's requests by method and path, and remembers them; an unexpected request is a 404. */
export function serve(answers: Record<string, Answer>): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request.clone());
    const answer = answers[`${request.method} ${new URL(request.url).pathname}`];
    if (answer === undefined) return refusal(404, "not_found", "Not served in this test.");
    return typeof answer === "function" ? answer() : answer.clone();
  });
  return asked;
}

const meta = { request_id: "req_test0001", timestamp: "2026-11-23T10:00:00Z" };

export const one = (data: unknown) => Response.json({ data, meta });

export const page = (data: unknown[], total = data.length, number = 1) =>
  Response.json({
    data,
    pagination: { page: number, page_size: 25, total, total_pages: Math.ceil(total / 25), next: null },
    meta,
  });

export function refusal(
  status: number,
  code: string,
  message: string,
  extra: object = {},
  headers = {},
): Response {
  return Response.json(
    { error: { code, message, request_id: "req_broken01", ...("reasons" in extra ? extra : {}) }, ...extra },
    { status, headers },
  );
}

/** A refusal whose code the portal has words for; the server's own sentence is never shown. */
export const refusedWith = (code: string, values?: Record<string, string>): Response =>
  refusal(400, "bad_request", "sub_01 cannot: use cancel_now.", {
    reasons: [{ code, message: "sub_01 cannot: use cancel_now.", values }],
  });
