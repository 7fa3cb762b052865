import { api, must, type Schemas } from "./client";
import { given, type InvoiceChoice } from "./queries";

/** E-invoices by their format; the last two are PDFs with the XML inside. */
export type EInvoiceFormat = Schemas["Format"];
export const FORMAT_NAMES: Record<EInvoiceFormat, string> = {
  ubl: "UBL (Peppol BIS 3.0)",
  xrechnung: "XRechnung",
  cii: "CII (EN 16931)",
  zugferd: "ZUGFeRD",
  facturx: "Factur-X",
};
const IN_PDF: ReadonlySet<string> = new Set(["zugferd", "facturx"]);
export type InvoiceFile = "pdf" | EInvoiceFormat;

/** Fetches a document and hands it to the browser as a download; throws an ApiError, also while it is being prepared. */
export async function downloadInvoice(
  invoice: Pick<Schemas["InvoiceSummary"], "id" | "number">,
  file: InvoiceFile,
): Promise<void> {
  const path = { invoice_id: invoice.id };
  const content =
    file === "pdf"
      ? await must(
          api.GET("/api/v1/billing/invoices/{invoice_id}/pdf", { params: { path }, parseAs: "blob" }),
        )
      : await must(
          api.GET("/api/v1/billing/invoices/{invoice_id}/download", {
            params: { path, query: { format: file } },
            parseAs: "blob",
          }),
        );
  const suffix = file === "pdf" ? ".pdf" : `-${file}.${IN_PDF.has(file) ? "pdf" : "xml"}`;
  save(content as Blob, `${invoice.number ?? invoice.id}${suffix}`);
}

/** Fetches the account between two days, both included, and hands it to the browser; throws an ApiError. */
export async function downloadStatement(from: string, to: string, file: "pdf" | "csv"): Promise<void> {
  const asked = { params: { query: { from, to } }, parseAs: "blob" } as const;
  const content = await must<unknown>(
    file === "pdf"
      ? api.GET("/api/v1/billing/statement/pdf", asked)
      : api.GET("/api/v1/billing/statement/csv", asked),
  );
  save(content as Blob, `statement-${from}-${to}.${file}`);
}

/** Fetches what a list of documents finds, in a zip by number or as a table; throws an ApiError, also for too many. */
export async function downloadDocuments(choice: InvoiceChoice, file: "csv" | InvoiceFile): Promise<void> {
  const wanted = given(choice);
  const content = await must<unknown>(
    file === "csv"
      ? api.GET("/api/v1/billing/documents/csv", { params: { query: wanted }, parseAs: "blob" })
      : api.GET("/api/v1/billing/documents/zip", {
          params: { query: file === "pdf" ? wanted : { ...wanted, format: file } },
          parseAs: "blob",
        }),
  );
  save(content as Blob, file === "csv" ? "documents.csv" : "documents.zip");
}

/** Hands content to the browser as a download. */
export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken the file over by the next minute; until then the address must live.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
