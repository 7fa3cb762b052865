import { t } from "../../i18n";
import { PageHead } from "../../ui/layout";
import { Offers } from "./Offers";

export default function Catalog() {
  return (
    <>
      <PageHead title={t("nav.catalog")} />
      <Offers />
    </>
  );
}
