import { t } from "../../i18n";
import { PageHead } from "../../ui/layout";
import { EmptyState } from "../../ui/states";

/** Who belongs to no tenant has no subscriptions or invoices of their own: theirs is the console. */
export function Operator() {
  return (
    <>
      <PageHead title={t("operator.title")} />
      <div class="panel">
        <EmptyState icon="overview" title={t("operator.head")} text={t("operator.text")}>
          <a href="/admin" rel="external" class="btn btn-primary btn-sm">
            {t("operator.console")}
          </a>
        </EmptyState>
      </div>
    </>
  );
}
