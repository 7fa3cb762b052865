import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { Card, PageHead } from "../../ui/layout";
import { OnOffer } from "../packs/OnOffer";
import { useCan } from "../session/useCan";
import { Offers } from "./Offers";

export default function Catalog() {
  const can = useCan();
  const packs = useQuery(() => ({ ...q.packs(), enabled: can("services:read") }));
  return (
    <>
      <PageHead title={t("nav.catalog")} />
      <Show when={!can("subscriptions:manage")}>
        <p class="text-muted mb-6 max-w-2xl">{t("roles.buy")}</p>
      </Show>
      <div class="grid gap-6">
        <Offers />
        <Show when={packs.data?.length ? packs.data : undefined}>
          {(list) => (
            <Card
              title={t("packs.title")}
              action={
                <A href="/packs" class="link text-sm">
                  {t("packs.all")}
                </A>
              }
            >
              <OnOffer packs={list()} />
            </Card>
          )}
        </Show>
      </div>
    </>
  );
}
