import { q, useQuery } from "../../api/queries";
import { t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { AmountList } from "./AmountList";

/** What one owes beside the documents: money that one has twice. */
export function Receivables() {
  const receivables = useQuery(() => q.receivables());
  const entries = () =>
    (receivables.data?.data ?? []).map((owed) => ({
      href: `/billing/invoices/${owed.invoice_id}`,
      name: worded("receivableSource", owed.source),
      note: fmt.day(owed.created_at),
      amount: fmt.money(owed.remaining_cents, owed.currency),
    }));
  return <AmountList title={t("receivables.title")} text={t("receivables.text")} entries={entries()} />;
}
