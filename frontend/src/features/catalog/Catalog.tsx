import { Show } from "solid-js";
import { t } from "../../i18n";
import { PageHead } from "../../ui/layout";
import { useCan } from "../session/useCan";
import { Offers } from "./Offers";

export default function Catalog() {
  const can = useCan();
  return (
    <>
      <PageHead title={t("nav.catalog")} />
      <Show when={!can("subscriptions:manage")}>
        <p class="text-muted mb-6 max-w-2xl">{t("roles.buy")}</p>
      </Show>
      <Offers />
    </>
  );
}
