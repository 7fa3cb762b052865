import type { Schemas } from "../../api/client";

export interface VatGroup {
  category: string | null;
  rate: string | null;
  taxable_cents: number;
  tax_cents: number;
}

type Taxed = Pick<Schemas["LineOut"], "tax_category" | "tax_rate" | "amount_cents" | "tax_cents">;

/** The lines added up by category and rate; exact, because the lines share out the tax of their group. */
export function vatGroups(lines: readonly Taxed[]): VatGroup[] {
  const groups = new Map<string, VatGroup>();
  for (const line of lines) {
    const key = `${line.tax_category} ${line.tax_rate}`;
    const group = groups.get(key) ?? {
      category: line.tax_category,
      rate: line.tax_rate,
      taxable_cents: 0,
      tax_cents: 0,
    };
    group.taxable_cents += line.amount_cents;
    group.tax_cents += line.tax_cents;
    groups.set(key, group);
  }
  return [...groups.values()];
}
