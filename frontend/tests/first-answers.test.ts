import { expect, test, vi } from "vitest";

const METHODS = "/api/v1/billing/payment-methods";

/** The client of a page that brought an answer, with a network that gives another. */
async function pageThatBrought(answers: Record<string, unknown>) {
  document.body.innerHTML = `<script type="application/json" id="first-answers"></script>`;
  document.getElementById("first-answers")!.textContent = JSON.stringify(answers);
  vi.resetModules();
  const network = vi.fn<() => Promise<Response>>(async () => Response.json({ data: ["from the network"] }));
  vi.stubGlobal("fetch", network);
  const { api } = await import("../src/api/client");
  const { forgetFirstAnswers } = await import("../src/api/firstAnswers");
  return { api, forgetFirstAnswers, network };
}

test("an answer that came with the page is taken once, without the network", async () => {
  const { api, network } = await pageThatBrought({ [METHODS]: { data: ["brought"] } });
  expect((await api.GET(METHODS)).data).toEqual({ data: ["brought"] });
  expect(network).not.toHaveBeenCalled();
  expect((await api.GET(METHODS)).data).toEqual({ data: ["from the network"] });
});

test("after the first drawing nothing of it is true any more", async () => {
  const { api, forgetFirstAnswers } = await pageThatBrought({ [METHODS]: { data: ["brought"] } });
  forgetFirstAnswers();
  expect((await api.GET(METHODS)).data).toEqual({ data: ["from the network"] });
});

test("an address is told from the same one with a question, and a deed from a question", async () => {
  const { api, network } = await pageThatBrought({ "/api/v1/subscriptions?page=1": { data: ["brought"] } });
  const page = (number: number) => api.GET("/api/v1/subscriptions", { params: { query: { page: number } } });
  expect((await page(2)).data).toEqual({ data: ["from the network"] });
  await api.POST("/api/v1/subscriptions", { params: { query: { page: 1 } } } as never);
  expect(network).toHaveBeenCalledTimes(2);
  expect((await page(1)).data).toEqual({ data: ["brought"] });
});
