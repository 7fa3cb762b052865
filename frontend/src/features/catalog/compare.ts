import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";

type Plan = Schemas["OfferedPlanOut"];

/** One thing that plans have or have not, with what each of them says about it. */
export interface Compared {
  name: string;
  cells: string[];
  differs: boolean;
}

/** What a plan includes, in its provider's words. */
export function included(plan: Plan): string[] {
  const items: unknown = plan.features["items"];
  return Array.isArray(items) ? items.filter((item): item is string => typeof item === "string") : [];
}

/** Everything that any of the plans has, what differs first; quotas by the name of what is counted. */
export function compared(plans: readonly Plan[]): Compared[] {
  const row = (name: string, of: (plan: Plan) => string): Compared => {
    const cells = plans.map(of);
    return { name, cells, differs: new Set(cells).size > 1 };
  };
  const rows = [
    ...all(plans, (plan) => Object.keys(plan.quotas)).map((metric) =>
      row(named(metric), (plan) => {
        const quota = plan.quotas[metric];
        return quota === undefined ? t("offer.unlimited") : fmt.quantity(quota);
      }),
    ),
    ...all(plans, included).map((item) =>
      row(item, (plan) => t(included(plan).includes(item) ? "offer.yes" : "offer.no")),
    ),
  ];
  if (plans.some((plan) => plan.trial_days > 0))
    rows.push(
      row(t("offer.trialRow"), ({ trial_days: n }) =>
        n > 0 ? t("offer.days", { n: fmt.quantity(n) }) : t("offer.none"),
      ),
    );
  if (plans.some((plan) => plan.term_months !== null))
    rows.push(
      row(t("offer.termRow"), ({ term_months: n }) =>
        n === null ? t("offer.none") : t("offer.months", { n: fmt.quantity(n) }),
      ),
    );
  return rows.toSorted((a, b) => Number(b.differs) - Number(a.differs));
}

const all = (plans: readonly Plan[], of: (plan: Plan) => string[]) => [...new Set(plans.flatMap(of))];

/** "storage_gb" as "Storage gb": a metric has no other name here. */
export function named(metric: string): string {
  const words = metric.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
