import { q, useQuery } from "../../api/queries";
import { t, worded } from "../../i18n";
import { fmt } from "../../i18n/format";
import { AmountList } from "./AmountList";

/** What the seller owes back, by where it came from. */
export function Credits() {
  const credits = useQuery(() => q.credits());
  const entries = () =>
    (credits.data?.data ?? []).map((credit) => ({
      href: `/billing/invoices/${credit.invoice_id}`,
      name: worded("creditSource", credit.source),
      note: [fmt.day(credit.created_at), credit.is_kept && t("credits.kept")].filter(Boolean).join(" · "),
      amount: fmt.money(credit.remaining_cents, credit.currency),
    }));
  return <AmountList title={t("credits.title")} text={t("credits.text")} entries={entries()} />;
}
