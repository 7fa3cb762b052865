import type { Schemas } from "../../api/client";

export interface VatGroup {
  category: string | null;
  rate: string | null;
  taxable_cents: number;
  tax_cents: number;
}

type Taxed = Pick<Schemas["LineOut"], "tax_category" | "tax_rate" | "amount_cents" | "tax_cents">;
type Adjustment = Schemas["AdjustmentOut"];

/** Lines, charges and allowances added up by category and rate; exact, because they share out the tax of their group. */
export function vatGroups(of: {
  lines: readonly Taxed[];
  charges: readonly Adjustment[] | null;
  allowances: readonly Adjustment[] | null;
}): VatGroup[] {
  const groups = new Map<string, VatGroup>();
  const add = (each: Pick<Taxed, "tax_category" | "tax_rate">, taxable_cents: number, tax_cents: number) => {
    const key = `${each.tax_category} ${each.tax_rate}`;
    const group = groups.get(key) ?? {
      category: each.tax_category,
      rate: each.tax_rate,
      taxable_cents: 0,
      tax_cents: 0,
    };
    group.taxable_cents += taxable_cents;
    group.tax_cents += tax_cents;
    groups.set(key, group);
  };
  for (const line of of.lines) add(line, line.amount_cents, line.tax_cents);
  for (const charge of of.charges ?? []) add(charge, charge.amount_cents, charge.tax_cents ?? 0);
  for (const each of of.allowances ?? []) add(each, -each.amount_cents, -(each.tax_cents ?? 0));
  return [...groups.values()];
}
