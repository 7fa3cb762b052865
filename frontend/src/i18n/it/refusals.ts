import type { RefusalWords } from "../refusals";

// Why the server refuses; loaded when it does (i18n/refusals.ts).
export default {
  refusal: {
    no_use_behind: "Dietro questa riga non ci sono consumi.",
    service_not_in_use: "{{ service }} non è in uso; non c’è un periodo a cui possa riferirsi un budget.",
    wrong_status: "Non è più possibile; lo stato è: {{ status }}. Ricarichi la pagina.",
    already_subscribed: "Ha già {{ service }}.",
    changed_meanwhile: "Qualcun altro l’ha modificato nel frattempo. Ricarichi la pagina.",
    being_set_up: "È ancora in fase di attivazione. Riprovi tra qualche minuto.",
    bought_once: "Un acquisto unico non si può cambiare. Acquisti l’altro in aggiunta.",
    currency_not_invoiced: "Non si può fatturare in {{ currency }}. Chieda al Suo fornitore.",
    exchange_rate_missing:
      "Manca un tasso di cambio che il suo fornitore deve aggiungere. Riprovi più tardi.",
    nothing_to_change: "È ciò che ha già.",
    other_currency:
      "Il prezzo di quel piano è in {{ currency }}, diversamente dal Suo. Chieda al Suo fornitore.",
    other_service: "Quel piano appartiene a un altro servizio.",
    paid_until: "Il periodo è pagato fino al {{ day }}. Scelga il cambiamento alla fine del periodo pagato.",
    part_of_pack: "Fa parte di un pacchetto e cambia con esso.",
    plan_by_provider_only: "Solo il Suo fornitore può darLe questo piano.",
    plan_not_sold: "Questo piano non è più in vendita.",
    preview_outdated:
      "Ciò che Le è stato mostrato non è più ciò che accadrebbe. Lo guardi di nuovo prima di confermare.",
    quantity_out_of_range: "Una quantità è compresa tra 1 e 1.000.000.",
    service_not_sold: "Questo servizio al momento non è in vendita.",
    term_runs:
      "La durata contrattuale termina il {{ day }}; prima non può costare meno. Chieda al Suo fornitore.",
    trial_changes_at_once: "Una prova cambia subito: non c’è un periodo pagato da attendere.",
    coupon_beside_another: "Questo codice sconto non si combina con {{ coupon }}, che l’abbonamento ha già.",
    coupon_not_for_this: "Questo codice sconto non vale per questo piano.",
    coupon_over: "Questo codice sconto non può più essere usato.",
    coupon_redeemed: "Ha già usato questo codice sconto.",
    coupon_unknown: "Questo codice sconto non esiste. Controlli il codice.",
    trial_used: "Ha già provato questo servizio. Scelga un piano a pagamento.",
    credit_used_up: "Resta meno credito di così. Ricarichi la pagina.",
    last_payment_method:
      "{{ method }} è il Suo ultimo metodo di pagamento, e i rinnovi ne richiedono uno. Ne aggiunga prima un altro.",
    no_payment_method:
      "Non è memorizzato alcun metodo di pagamento. Ne aggiunga uno o scelga una pagina di pagamento.",
    nothing_due: "Per questo non c’è più nulla da pagare. Ricarichi la pagina.",
    payment_under_way: "Un pagamento di questa fattura è in corso. Ne attenda l’esito.",
    provider_cannot: "{{ provider }} non può farlo. Scelga un altro modo di pagare.",
    billing_profile_incomplete: "I Suoi dati di fatturazione sono incompleti. Li completi prima.",
    billing_profile_missing: "Mancano i Suoi dati di fatturazione. Li inserisca prima.",
    check_digits: "Controlli le cifre di questo numero.",
    eas_code: "Inserisca quattro cifre, per esempio 0106.",
    format_not_possible:
      "Questo documento non può essere scritto come {{ format }}. Scelga un altro formato.",
    no_documents: "Non c’è nulla tra ciò che ha chiesto. Scelga altri giorni o parole.",
    peppol_incomplete:
      "Un indirizzo Peppol è composto da un identificativo e dal suo schema. Compili entrambi, o nessuno.",
    postal_code: "Questo codice postale non corrisponde al paese.",
    statement_too_long: "Un estratto conto copre al massimo tre anni.",
    too_many_documents:
      "Si possono scaricare al massimo {{ most }} documenti alla volta. Scelga meno giorni.",
    unknown_country: "Non conosciamo questo paese.",
    vat_country: "Questa partita IVA non appartiene al paese dell’indirizzo.",
    vat_undecidable:
      "L’IVA non può essere determinata dai suoi dati di fatturazione. Controlli il paese e il codice postale, o chieda al suo fornitore.",
    vies_unavailable: "La sua partita IVA non è ancora stata confermata. Riprovi più tardi.",
  },
} satisfies RefusalWords;
