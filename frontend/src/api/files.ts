import { api, must, type Schemas } from "./client";

type XmlFormat = "ubl" | "cii";
export type InvoiceFile = "pdf" | XmlFormat;

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
  save(content as Blob, `${invoice.number ?? invoice.id}${file === "pdf" ? ".pdf" : `-${file}.xml`}`);
}

/** Fetches the account between two days, both included, and hands it to the browser; throws an ApiError. */
export async function downloadStatement(from: string, to: string): Promise<void> {
  const content = await must(
    api.GET("/api/v1/billing/statement/pdf", { params: { query: { from, to } }, parseAs: "blob" }),
  );
  save(content as Blob, `statement-${from}-${to}.pdf`);
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
