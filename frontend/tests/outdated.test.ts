import { beforeEach, expect, it, vi } from "vitest";
import { arrives, reloadIfOutdated } from "../src/lib/outdated";

const offline = () => Promise.reject(new TypeError("Failed to fetch"));
const gone = () => Promise.reject(new TypeError("error loading dynamically imported module"));
const answering = () => Promise.resolve(new Response());

beforeEach(() => sessionStorage.clear());

it("loads the page again where a part of an old build is gone, once a minute", async () => {
  vi.stubGlobal("fetch", answering);
  const reload = vi.fn<() => void>();
  void arrives(gone, vi.fn(), reload);
  await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce());
  await expect(arrives(gone, vi.fn(), reload)).rejects.toThrow("dynamically imported");
  expect(reload).toHaveBeenCalledOnce();
});

it("leaves the page alone while the server cannot be reached, and goes on when it can", async () => {
  vi.stubGlobal("fetch", offline);
  const reload = vi.fn<() => void>();
  const said = vi.fn<() => void>();
  const load = vi.fn<() => Promise<string>>(gone);
  const part = arrives(load, said, reload);
  await vi.waitFor(() => expect(said).toHaveBeenCalledOnce());
  load.mockResolvedValue("part");
  // The listener is set after the words are said.
  await vi.waitFor(async () => {
    dispatchEvent(new Event("online"));
    expect(load.mock.calls.length).toBeGreaterThan(1);
  });
  expect(await part).toBe("part");
  expect(said).toHaveBeenCalledOnce();
  expect(await reloadIfOutdated(reload)).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});
