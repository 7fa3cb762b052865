import type { RefusalWords } from "../refusals";

// Why the server refuses; loaded when it does (i18n/refusals.ts).
export default {
  refusal: {
    no_use_behind: "Achter deze regel staat geen gebruik.",
    service_not_in_use:
      "{{ service }} is niet in gebruik; er is geen periode waarvoor een budget kan gelden.",
    wrong_status: "Dit kan niet meer; de status is: {{ status }}. Laad de pagina opnieuw.",
    already_subscribed: "U hebt {{ service }} al.",
    changed_meanwhile: "Iemand anders heeft dit intussen gewijzigd. Laad de pagina opnieuw.",
    being_set_up: "Dit wordt nog ingericht. Probeer het over enkele minuten opnieuw.",
    bought_once: "Wat eenmalig is gekocht, kan niet worden gewijzigd. Koop het andere ernaast.",
    currency_not_invoiced: "In {{ currency }} kan niet worden gefactureerd. Vraag het uw aanbieder.",
    exchange_rate_missing:
      "Er ontbreekt een wisselkoers, die uw leverancier moet toevoegen. Probeer het later opnieuw.",
    nothing_to_change: "Dit is wat u al hebt.",
    other_currency:
      "De prijs van dat abonnement is in {{ currency }}, anders dan bij u. Vraag het uw aanbieder.",
    other_service: "Dat abonnement hoort bij een andere dienst.",
    paid_until:
      "Uw periode is betaald tot en met {{ day }}. Kies de wijziging aan het einde van de betaalde periode.",
    part_of_pack: "Dit hoort bij een pakket en wijzigt daarmee mee.",
    plan_by_provider_only: "Alleen uw aanbieder kan u dit abonnement geven.",
    plan_not_sold: "Dit abonnement wordt niet meer verkocht.",
    preview_outdated: "Wat u hebt gezien, klopt niet meer. Bekijk het opnieuw voordat u bevestigt.",
    quantity_out_of_range: "Een aantal ligt tussen 1 en 1.000.000.",
    service_not_sold: "Deze dienst wordt op dit moment niet verkocht.",
    term_runs:
      "Uw looptijd duurt tot en met {{ day }}; eerder kan het niet minder kosten. Vraag het uw aanbieder.",
    trial_changes_at_once: "Een proefperiode wijzigt meteen: er is geen betaalde periode om op te wachten.",
    coupon_beside_another: "Deze kortingscode gaat niet samen met {{ coupon }}, die het abonnement heeft.",
    coupon_not_for_this: "Deze kortingscode geldt niet voor dit plan.",
    coupon_over: "Deze kortingscode kan niet meer worden ingewisseld.",
    coupon_redeemed: "U hebt deze kortingscode al ingewisseld.",
    coupon_unknown: "Deze kortingscode bestaat niet. Controleer de code.",
    trial_used: "U hebt deze dienst al geprobeerd. Kies een betaald abonnement.",
    credit_used_up: "Er is minder tegoed over. Laad de pagina opnieuw.",
    last_payment_method:
      "{{ method }} is uw laatste betaalmiddel, en verlengingen hebben er een nodig. Voeg eerst een ander toe.",
    no_payment_method: "Er is geen betaalmiddel opgeslagen. Voeg er een toe of kies een betaalpagina.",
    nothing_due: "Hiervoor hoeft niets meer te worden betaald. Laad de pagina opnieuw.",
    payment_under_way: "Een betaling van deze factuur is onderweg. Wacht de uitkomst af.",
    provider_cannot: "{{ provider }} kan dit niet. Kies een andere manier van betalen.",
    billing_profile_incomplete: "Uw factuurgegevens zijn onvolledig. Vul ze eerst aan.",
    billing_profile_missing: "Uw factuurgegevens ontbreken. Vul ze eerst in.",
    check_digits: "Controleer de cijfers van dit nummer.",
    eas_code: "Vul vier cijfers in, bijvoorbeeld 0106.",
    format_not_possible: "Dit document kan niet als {{ format }} worden geschreven. Kies een ander formaat.",
    no_documents: "Er is niets onder wat u vroeg. Kies andere dagen of woorden.",
    peppol_incomplete: "Een Peppol-adres bestaat uit een id en een schema. Vul beide in, of geen van beide.",
    postal_code: "Deze postcode past niet bij het land.",
    statement_too_long: "Een rekeningoverzicht beslaat hooguit drie jaar.",
    too_many_documents: "U kunt hoogstens {{ most }} documenten tegelijk ophalen. Kies minder dagen.",
    unknown_country: "Dit land kennen we niet.",
    vat_country: "Dit btw-nummer hoort niet bij het land van het adres.",
    vat_undecidable:
      "De btw kan niet uit uw factuurgegevens worden bepaald. Controleer land en postcode, of vraag uw leverancier.",
    vies_unavailable: "Uw btw-nummer kon nog niet worden bevestigd. Probeer het later opnieuw.",
  },
} satisfies RefusalWords;
