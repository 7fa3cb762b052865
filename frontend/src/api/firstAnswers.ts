/**
 * What the page itself brought: the answers to its first questions, by address, put there by the server for whoever
 * opened it. Each is taken once, and none after the first drawing: then it is no longer true at this moment.
 */
const brought = new Map<string, unknown>(read());

function read(): [string, unknown][] {
  const told = document.getElementById("first-answers")?.textContent;
  return told ? Object.entries(JSON.parse(told) as Record<string, unknown>) : [];
}

export const broughtAnswers = () => brought.size > 0;

/** The answer to a request, as if the network had given it. */
export function firstAnswer(request: Request): Response | undefined {
  const { pathname, search } = new URL(request.url);
  const body = request.method === "GET" ? brought.get(pathname + search) : undefined;
  if (body === undefined) return undefined;
  brought.delete(pathname + search);
  return Response.json(body);
}

export const forgetFirstAnswers = () => brought.clear();
