import type { RefusalWords } from "../refusals";

// Why the server refuses; loaded when it does (i18n/refusals.ts).
export default {
  refusal: {
    no_use_behind: "Hinter dieser Position steht keine Nutzung.",
    service_not_in_use:
      "{{ service }} wird nicht genutzt; es gibt keinen Zeitraum, für den ein Budget gelten könnte.",
    wrong_status: "Das ist nicht mehr möglich; der Status ist: {{ status }}. Laden Sie die Seite neu.",
    already_subscribed: "Sie haben {{ service }} bereits.",
    changed_meanwhile: "Jemand anderes hat das inzwischen geändert. Laden Sie die Seite neu.",
    being_set_up: "Das wird noch eingerichtet. Versuchen Sie es in ein paar Minuten noch einmal.",
    bought_once: "Was einmalig gekauft ist, lässt sich nicht ändern. Kaufen Sie das andere dazu.",
    currency_not_invoiced:
      "In {{ currency }} kann keine Rechnung gestellt werden. Fragen Sie Ihren Anbieter.",
    exchange_rate_missing:
      "Es fehlt ein Wechselkurs, den Ihr Anbieter eintragen muss. Versuchen Sie es später erneut.",
    nothing_to_change: "Genau das haben Sie bereits.",
    other_currency:
      "Der Preis dieses Tarifs ist in {{ currency }}, anders als bei Ihrem. Fragen Sie Ihren Anbieter.",
    other_service: "Dieser Tarif gehört zu einem anderen Dienst.",
    paid_until:
      "Ihr Zeitraum ist bis {{ day }} bezahlt. Wählen Sie die Änderung zum Ende des bezahlten Zeitraums.",
    part_of_pack: "Das ist Teil eines Pakets und ändert sich mit ihm.",
    plan_by_provider_only: "Diesen Tarif kann Ihnen nur Ihr Anbieter geben.",
    plan_not_sold: "Dieser Tarif wird nicht mehr verkauft.",
    preview_outdated:
      "Was Ihnen gezeigt wurde, trifft nicht mehr zu. Sehen Sie es sich noch einmal an, bevor Sie bestätigen.",
    quantity_out_of_range: "Eine Menge liegt zwischen 1 und 1.000.000.",
    service_not_sold: "Dieser Dienst wird zurzeit nicht verkauft.",
    term_runs:
      "Ihre Laufzeit endet am {{ day }}; vorher kann es nicht weniger kosten. Fragen Sie Ihren Anbieter.",
    trial_changes_at_once:
      "Ein Test ändert sich sofort: Es gibt keinen bezahlten Zeitraum, auf dessen Ende zu warten wäre.",
    coupon_beside_another:
      "Dieser Gutscheincode gilt nicht zusammen mit {{ coupon }}, den das Abonnement hat.",
    coupon_not_for_this: "Dieser Gutscheincode gilt nicht für diesen Tarif.",
    coupon_over: "Dieser Gutscheincode kann nicht mehr eingelöst werden.",
    coupon_redeemed: "Sie haben diesen Gutscheincode schon eingelöst.",
    coupon_unknown: "Diesen Gutscheincode gibt es nicht. Prüfen Sie die Eingabe.",
    trial_used: "Sie haben diesen Dienst schon getestet. Wählen Sie einen bezahlten Tarif.",
    credit_used_up: "So viel Guthaben ist nicht mehr da. Laden Sie die Seite neu.",
    last_payment_method:
      "{{ method }} ist Ihr letztes Zahlungsmittel, und Verlängerungen brauchen eines. Fügen Sie zuerst ein anderes hinzu.",
    no_payment_method:
      "Es ist kein Zahlungsmittel hinterlegt. Fügen Sie eines hinzu oder wählen Sie eine Zahlungsseite.",
    nothing_due: "Dafür ist nichts mehr zu bezahlen. Laden Sie die Seite neu.",
    payment_under_way: "Eine Zahlung dieser Rechnung ist unterwegs. Warten Sie ab, was daraus wird.",
    provider_cannot: "{{ provider }} kann das nicht. Wählen Sie einen anderen Zahlungsweg.",
    billing_profile_incomplete: "Ihre Rechnungsdaten sind unvollständig. Vervollständigen Sie sie zuerst.",
    billing_profile_missing: "Ihre Rechnungsdaten fehlen. Geben Sie sie zuerst ein.",
    check_digits: "Prüfen Sie die Ziffern dieser Nummer.",
    eas_code: "Geben Sie vier Ziffern ein, zum Beispiel 0106.",
    format_not_possible:
      "Dieses Dokument lässt sich nicht als {{ format }} schreiben. Wählen Sie ein anderes Format.",
    no_documents: "Unter dem Gesuchten ist nichts. Wählen Sie andere Tage oder Wörter.",
    peppol_incomplete:
      "Eine Peppol-Adresse besteht aus Kennung und Schema. Geben Sie beides ein oder keines von beiden.",
    postal_code: "Diese Postleitzahl passt nicht zum Land.",
    statement_too_long: "Ein Kontoauszug umfasst höchstens drei Jahre.",
    too_many_documents:
      "Höchstens {{ most }} Dokumente lassen sich auf einmal abrufen. Wählen Sie weniger Tage.",
    unknown_country: "Dieses Land kennen wir nicht.",
    vat_country: "Diese USt-IdNr. gehört nicht zum Land der Adresse.",
    vat_undecidable:
      "Die Umsatzsteuer lässt sich aus Ihren Rechnungsdaten nicht bestimmen. Prüfen Sie Land und Postleitzahl, oder fragen Sie Ihren Anbieter.",
    vies_unavailable: "Ihre USt-IdNr. konnte noch nicht bestätigt werden. Versuchen Sie es später erneut.",
  },
} satisfies RefusalWords;
