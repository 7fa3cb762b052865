import { Show } from "solid-js";
import type { Schemas } from "../../api/client";
import { q, useQuery } from "../../api/queries";
import { t } from "../../i18n";
import { fmt } from "../../i18n/format";

/** What one's address and number mean for the VAT of the next invoice, and on which answer of VIES that rests. */
export function VatStanding() {
  const standing = useQuery(() => q.vatStanding());
  return (
    <section class="panel min-h-24 p-5 sm:p-6" aria-label={t("vat.title")}>
      <div class="grid gap-x-6 gap-y-2 lg:grid-cols-[12rem_minmax(0,1fr)]">
        <h2 class="font-semibold">{t("vat.title")}</h2>
        <Show when={standing.data} fallback={<p class="text-muted text-sm">{t("offer.vatLater")}</p>}>
          {(data) => <Meaning of={data()} />}
        </Show>
      </div>
    </section>
  );
}

function Meaning(props: { of: Schemas["VatStandingOut"] }) {
  const proof = () =>
    props.of.answer !== "valid"
      ? []
      : [
          props.of.consulted_at && t("profile.vatValid", { date: fmt.day(props.of.consulted_at) }),
          props.of.name && t("vat.named", { name: props.of.name }),
          props.of.consultation_number && t("vat.consultation", { number: props.of.consultation_number }),
        ].filter(Boolean);
  return (
    <div class="grid gap-1 text-sm">
      <p>
        {props.of.rule === null
          ? t("offer.vatLater")
          : t(`vat.rule_${props.of.rule}`, { rate: fmt.percent(props.of.rate ?? "0") })}
      </p>
      <Show when={proof().length > 0}>
        <p class="text-muted break-words">{proof().join(" · ")}</p>
      </Show>
    </div>
  );
}
