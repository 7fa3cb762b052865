import { Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";
import { Card, Fact } from "../../ui/layout";

/** What to type into one's bank for an open invoice, or to scan with a phone. */
export function Transfer(props: { of: NonNullable<Schemas["OwnInvoiceOut"]["transfer"]> }) {
  return (
    <Card title={t("transfer.title")}>
      <dl class="divide-base-300 divide-y px-5 py-2 text-sm">
        <Fact label={t("transfer.amount")}>{fmt.money(props.of.amount_cents, props.of.currency)}</Fact>
        <Fact label={t("transfer.holder")}>{props.of.account_holder}</Fact>
        <Fact label="IBAN">
          <span class="font-mono">{props.of.iban}</span>
        </Fact>
        <Fact label="BIC">{props.of.bic}</Fact>
        <Fact label={t("transfer.reference")}>
          <span class="font-mono break-all">{props.of.reference}</span>
        </Fact>
      </dl>
      <Show when={props.of.qr_image}>
        {(image) => (
          <div class="grid justify-items-center gap-2 px-5 pb-5 text-center">
            {/* A phone reads dark on white, in the dark theme too. */}
            <span class="rounded-box bg-white p-3">
              <img src={image()} alt={t("transfer.qr")} class="size-40" width="160" height="160" />
            </span>
            <p class="text-muted text-xs">{t("transfer.scan")}</p>
          </div>
        )}
      </Show>
    </Card>
  );
}
