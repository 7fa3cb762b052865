import { A } from "@solidjs/router";
import { t } from "../i18n";
import { PageHead } from "../ui/layout";
import { EmptyState } from "../ui/states";

export function NotFound() {
  return (
    <>
      <PageHead title={t("nav.notFound")} />
      <div class="panel">
        <EmptyState title={t("nav.notFound")} text={t("nav.notFoundText")}>
          <A href="/" class="btn btn-primary btn-sm">
            {t("nav.toOverview")}
          </A>
        </EmptyState>
      </div>
    </>
  );
}
