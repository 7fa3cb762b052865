import { loadRefusals } from "../src/i18n/refusals";
import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ApiError } from "../src/api/errors";
import { Async, errorMessage, type QueryLike } from "../src/ui/states";

const waiting: QueryLike<string> = {
  data: undefined,
  error: null,
  isPending: true,
  isError: false,
  isPlaceholderData: false,
  refetch: () => undefined,
};
const broken = new ApiError(500, {
  error: { code: "internal_error", message: "x", request_id: "req_broken01" },
});
const show = (query: QueryLike<string>) =>
  render(() => <Async query={query}>{(data) => <p>Data: {data()}</p>}</Async>);

it("shows a skeleton while it waits", () => {
  show(waiting);
  expect(screen.getByRole("status")).toHaveTextContent("Loading");
});

it("shows an error with its reference, and asks again when told to", async () => {
  const refetch = vi.fn<() => void>();
  show({ ...waiting, isPending: false, isError: true, error: broken, refetch });
  expect(screen.getByRole("alert")).toHaveTextContent("Check how things stand before you repeat it");
  expect(screen.getByRole("button", { name: "Copy reference req_broken01" })).toBeInTheDocument();
  await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
  expect(refetch).toHaveBeenCalledOnce();
});

it("does not offer to ask again for what does not exist", () => {
  show({ ...waiting, isPending: false, isError: true, error: new ApiError(404) });
  expect(screen.getByRole("alert")).toHaveTextContent("This page does not exist");
  expect(screen.queryByRole("button", { name: "Try again" })).not.toBeInTheDocument();
});

it("keeps data that could not be refreshed, and says so", () => {
  show({ ...waiting, data: "old", isPending: false, isError: true, error: broken });
  expect(screen.getByText("Data: old")).toBeInTheDocument();
  expect(screen.getByText(/Not up to date/)).toBeInTheDocument();
});

it("marks the data of another page as stale", () => {
  const { container } = show({ ...waiting, data: "page 1", isPending: false, isPlaceholderData: true });
  expect(container.querySelector("[data-stale]")).toHaveTextContent("page 1");
});

it.each([
  [new ApiError(0), /could not be reached/],
  [new ApiError(403), /role does not allow/],
  [new ApiError(404), /another account/],
  [new ApiError(503), /busy/],
  [
    new ApiError(400, { error: { message: "Cannot void inv_01: use cancel_now." } }),
    /^This is not possible\./,
  ],
  [new ApiError(409, {}, new Headers({ "Retry-After": "5" })), /still being prepared/],
])("says what happened: %#", (error, words) => expect(errorMessage(error)).toMatch(words));

it("gathers field messages from the schema check and from the business rules", async () => {
  await loadRefusals(); // as the client does before an error is made of an answer
  const error = new ApiError(422, {
    detail: [{ loc: ["body", "city"], msg: "Too long." }],
    error: {
      reasons: [{ code: "check_digits", field: "vat_number", message: "Not a number of the Netherlands." }],
    },
  });
  expect(error.fields).toEqual({ city: "Check this field.", vat_number: "Check the digits of this number." });
});
