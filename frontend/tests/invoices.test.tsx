import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import Invoice from "../src/features/invoices/Invoice";
import Invoices from "../src/features/invoices/Invoices";
import { vatGroups } from "../src/features/invoices/vatGroups";
import { invoice } from "./cast";
import { one, page, refusal, refusedWith, serve } from "./server";
import { show } from "./show";

const LIST = "/billing/invoices";

afterEach(() => vi.restoreAllMocks());

it("lists documents with what is open", async () => {
  serve({
    "GET /api/v1/billing/invoices": page([
      invoice,
      { ...invoice, id: "inv_2", number: "SCAI-2026-000002", status: "paid", amount_due_cents: 0 },
    ]),
  });
  show(Invoices, LIST);
  const row = (await screen.findByRole("link", { name: "SCAI-2026-000001" })).closest("tr")!;
  expect(within(row).getAllByText("€68.97")).toHaveLength(2);
  expect(screen.getByText("2 documents")).toBeInTheDocument();
});

/** What the list of documents was asked for, time after time. */
const lists = (asked: Request[]) =>
  asked
    .map((request) => new URL(request.url))
    .filter((url) => url.pathname.endsWith("/invoices"))
    .map((url) => url.search);

it("asks for the status and page of the address, and ignores what is none", async () => {
  const asked = serve({ "GET /api/v1/billing/invoices": () => page([invoice], 60, 2) });
  show(Invoices, LIST, `${LIST}?status=paid&page=2`);
  expect(await screen.findByText("Page 2 of 3")).toBeInTheDocument();
  expect(lists(asked)[0]).toBe("?status=paid&page=2");
  show(Invoices, LIST, `${LIST}?status=draft&page=-1`);
  await waitFor(() => expect(lists(asked)).toHaveLength(2));
  expect(lists(asked)[1]).toBe("?page=1");
});

it("tells no match from no invoices, and clears the filter", async () => {
  const asked = serve({ "GET /api/v1/billing/invoices": () => page([]) });
  show(Invoices, LIST, `${LIST}?status=void`);
  await userEvent.setup().click(await screen.findByRole("button", { name: "Clear filter" }));
  expect(await screen.findByText("No invoices yet")).toBeInTheDocument();
  expect(lists(asked).at(-1)).not.toContain("status");
});

it("shows an error instead of an empty list", async () => {
  serve({ "GET /api/v1/billing/invoices": refusal(500, "internal_error", "x") });
  show(Invoices, LIST);
  expect(await screen.findByRole("alert")).toHaveTextContent("req_broken01");
});

const STATEMENT = "GET /api/v1/billing/statement/pdf";

/** Opens the days of a statement by keyboard alone. */
async function statement(user: UserEvent) {
  show(Invoices, LIST);
  (await screen.findByRole("button", { name: "Statement of account" })).focus();
  await user.keyboard("{Enter}");
  return screen.findByRole("dialog", { name: "Statement of account" });
}

it("downloads the account between the days that were chosen, by keyboard alone", async () => {
  Object.assign(URL, { createObjectURL: () => "blob:pdf" }); // jsdom keeps no files
  const saved: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  const asked = serve({
    "GET /api/v1/billing/invoices": page([invoice]),
    [STATEMENT]: new Response("%PDF-1.7", { headers: { "Content-Type": "application/pdf" } }),
  });
  const user = userEvent.setup();
  const dialog = await statement(user);
  fireEvent.input(within(dialog).getByLabelText("First day"), { target: { value: "2026-01-01" } });
  fireEvent.input(within(dialog).getByLabelText("Last day"), { target: { value: "2026-03-31" } });
  within(dialog).getByRole("button", { name: "Download PDF" }).focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(saved).toEqual(["statement-2026-01-01-2026-03-31.pdf"]));
  expect(new URL(asked.at(-1)!.url).search).toBe("?from=2026-01-01&to=2026-03-31");
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("says why there is no statement, and lets the days be changed", async () => {
  serve({
    "GET /api/v1/billing/invoices": page([invoice]),
    [STATEMENT]: refusedWith("billing_profile_missing"),
  });
  const user = userEvent.setup();
  const dialog = await statement(user);
  await user.click(within(dialog).getByRole("button", { name: "Download PDF" }));
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("Your billing details are missing.");
  expect(within(dialog).getByRole("button", { name: "Download PDF" })).toBeEnabled();
});

it("shows lines, VAT and what is still open", async () => {
  serve({ "GET /api/v1/billing/invoices/inv_1": one(invoice) });
  show(Invoice, `${LIST}/:id`, `${LIST}/inv_1`);
  expect(await screen.findByRole("heading", { name: "Invoice SCAI-2026-000001" })).toBeInTheDocument();
  expect(screen.getByText("Still open").nextSibling).toHaveTextContent("€68.97");
  expect(screen.getByText("Northwind")).toBeInTheDocument();
  expect(document.title).toMatch(/^SCAI-2026-000001/);
});

it("offers no file while the files are being prepared", async () => {
  serve({ "GET /api/v1/billing/invoices/inv_1": one({ ...invoice, pdf_url: null }) });
  show(Invoice, `${LIST}/:id`, `${LIST}/inv_1`);
  expect(await screen.findByText("The files are being prepared")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "PDF" })).toBeNull();
});

it("says so when a file is not ready after all", async () => {
  serve({
    "GET /api/v1/billing/invoices/inv_1": one(invoice),
    "GET /api/v1/billing/invoices/inv_1/pdf": refusal(409, "conflict", "x", {}, { "Retry-After": "5" }),
  });
  show(Invoice, `${LIST}/:id`, `${LIST}/inv_1`);
  await userEvent.setup().click(await screen.findByRole("button", { name: "PDF" }));
  expect(await screen.findByText(/still being prepared/)).toBeInTheDocument();
});

it("adds lines, charges and allowances up by VAT category and rate", () => {
  const line = { tax_category: "S", tax_rate: "21.00", amount_cents: 100, tax_cents: 21 };
  const of = { lines: [line, { ...line, tax_rate: "9.00", tax_cents: 9 }, line] };
  expect(vatGroups({ ...of, charges: null, allowances: null })).toEqual([
    { category: "S", rate: "21.00", taxable_cents: 200, tax_cents: 42 },
    { category: "S", rate: "9.00", taxable_cents: 100, tax_cents: 9 },
  ]);
  const charge = { ...line, reason: "Express", reason_code: null, percent: null, base_cents: null };
  const allowance = { ...charge, amount_cents: 50, tax_cents: 10, reason: "Loyalty" };
  expect(vatGroups({ ...of, charges: [charge], allowances: [allowance] })[0]).toEqual({
    category: "S",
    rate: "21.00",
    taxable_cents: 250,
    tax_cents: 53,
  });
});

it("shows what a document was raised and lowered by, and on which line", async () => {
  const said = { amount_cents: 500, reason_code: null, percent: null, base_cents: null };
  const tax = { tax_category: "S", tax_rate: "21.00", tax_cents: 105 };
  serve({
    "GET /api/v1/billing/invoices/inv_1": one({
      ...invoice,
      allowances: [{ ...said, ...tax, reason: "Loyalty" }],
      lines: [{ ...invoice.lines[0], charges: [{ ...said, reason: "Handling" }] }],
    }),
  });
  show(Invoice, `${LIST}/:id`, `${LIST}/inv_1`);
  expect(await screen.findByText("Loyalty")).toBeInTheDocument();
  expect(screen.getByText("-€5.00")).toBeInTheDocument();
  expect(screen.getByText(/Handling/)).toHaveTextContent("€5.00");
});

it("finds by words, kind and days, which the address keeps", async () => {
  const asked = serve({ "GET /api/v1/billing/invoices": () => page([invoice]) });
  const { history } = show(Invoices, LIST, `${LIST}?kind=credit_note&from=2026-01-01&to=nonsense`);
  await screen.findByRole("link", { name: "SCAI-2026-000001" });
  expect(lists(asked)[0]).toBe("?document_type=credit_note&from=2026-01-01&page=1");
  const user = userEvent.setup();
  await user.type(screen.getByRole("searchbox", { name: "Number or amount" }), "68,97");
  await user.tab();
  await waitFor(() => expect(history.get()).toContain("q=68%2C97"));
  await waitFor(() => expect(lists(asked).at(-1)).toContain("q=68%2C97"));
  await user.click(screen.getByRole("button", { name: "Clear" }));
  await waitFor(() => expect(lists(asked).at(-1)).toBe("?page=1"));
});

it("takes what the list finds in a zip or as a table, and says why not", async () => {
  Object.assign(URL, { createObjectURL: () => "blob:zip" });
  const saved: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  const many = { code: "too_many_documents", message: "x", values: { most: "200" } };
  const asked = serve({
    "GET /api/v1/billing/invoices": () => page([invoice], 300),
    "GET /api/v1/billing/documents/zip": refusal(400, "bad_request", "x", { reasons: [many] }),
    "GET /api/v1/billing/documents/csv": new Response("number\r\n"),
  });
  show(Invoices, LIST, `${LIST}?status=paid&from=2026-01-01`);
  const user = userEvent.setup();
  await screen.findByRole("link", { name: "SCAI-2026-000001" });
  await user.click(screen.getByRole("button", { name: "Download" }));
  const dialog = within(screen.getByRole("dialog", { name: "Download" }));
  await user.click(dialog.getByRole("radio", { name: "ZUGFeRD in a zip" }));
  await user.click(dialog.getByRole("button", { name: "Download" }));
  expect(await dialog.findByRole("alert")).toHaveTextContent("At most 200 documents");
  expect(new URL(asked.at(-1)!.url).search).toBe("?status=paid&from=2026-01-01&format=zugferd");
  await user.click(dialog.getByRole("radio", { name: "Table (CSV)" }));
  await user.click(dialog.getByRole("button", { name: "Download" }));
  await waitFor(() => expect(saved).toEqual(["documents.csv"]));
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("takes the account of last year as a table", async () => {
  Object.assign(URL, { createObjectURL: () => "blob:csv" });
  const saved: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  serve({
    "GET /api/v1/billing/invoices": page([invoice]),
    "GET /api/v1/billing/statement/csv": new Response("date\r\n"),
  });
  const user = userEvent.setup();
  const dialog = await statement(user);
  await user.click(within(dialog).getByRole("button", { name: "Last year" }));
  await user.click(within(dialog).getByRole("button", { name: "Table (CSV)" }));
  const last = new Date().getFullYear() - 1;
  await waitFor(() => expect(saved).toEqual([`statement-${last}-01-01-${last}-12-31.csv`]));
});

it("links a document with what corrects it, and that with what it corrects", async () => {
  const note = { id: "inv_cn", number: "SCAI-CN-2026-000001", issue_date: "2026-11-20", total_cents: -6897 };
  const settled = {
    id: "stl_1",
    invoice_id: "inv_1",
    kind: "credit_note",
    source_id: "inv_cn",
    amount_cents: 6897,
    unapplied_cents: 0,
    settled_at: "2026-11-20T10:00:00Z",
    reference: null,
    method: null,
    recorded_by: "usr_petra",
  };
  serve({
    "GET /api/v1/billing/invoices/inv_1": one({ ...invoice, credit_notes: [note], payments: [settled] }),
    "GET /api/v1/billing/invoices/inv_cn": one({
      ...invoice,
      id: "inv_cn",
      number: note.number,
      document_type: "credit_note",
      corrects: { id: "inv_1", number: invoice.number, issue_date: invoice.issue_date, total_cents: 6897 },
    }),
  });
  show(Invoice, `${LIST}/:id`, `${LIST}/inv_1`);
  const links = await screen.findAllByRole("link", { name: /SCAI-CN-2026-000001/ });
  expect(links.map((link) => link.getAttribute("href"))).toEqual([`${LIST}/inv_cn`, `${LIST}/inv_cn`]);
  show(Invoice, `${LIST}/:id`, `${LIST}/inv_cn`);
  expect(await screen.findByRole("link", { name: "It corrects SCAI-2026-000001." })).toHaveAttribute(
    "href",
    `${LIST}/inv_1`,
  );
});
