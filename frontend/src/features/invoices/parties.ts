import type { Schemas } from "../../api/client";

type Snapshot = Schemas["OwnInvoiceOut"]["buyer_snapshot"];

export interface Party {
  name: string;
  /** Address lines as they are written on an envelope, without the country. */
  address: string[];
  country: string | null;
  vatNumber: string | null;
}

/** The buyer as the document was sealed with, from the fields of a billing profile. */
export function buyer(snapshot: Snapshot): Party | null {
  return party(snapshot, "company_name", "");
}

/** The seller, from the fields of a partner's configuration. */
export function seller(snapshot: Snapshot): Party | null {
  return party(snapshot, "legal_name", "seller_");
}

function party(snapshot: Snapshot, name: string, prefix: string): Party | null {
  if (!snapshot) return null;
  const text = (field: string) => {
    const value = snapshot[field];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const town = [text(`${prefix}postal_code`), text(`${prefix}city`)].filter(Boolean).join(" ");
  const lines = [
    text(`${prefix}address_line1`),
    text(`${prefix}address_line2`),
    town,
    text(`${prefix}state`),
  ];
  return {
    name: text(name) ?? "",
    address: lines.filter((line): line is string => line !== null && line !== ""),
    country: text(`${prefix}country_code`),
    vatNumber: text(`${prefix}vat_number`),
  };
}
