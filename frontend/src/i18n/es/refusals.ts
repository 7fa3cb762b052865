import type { RefusalWords } from "../refusals";

// Why the server refuses; loaded when it does (i18n/refusals.ts).
export default {
  refusal: {
    no_use_behind: "No hay consumo detrás de esta línea.",
    service_not_in_use:
      "{{ service }} no está en uso; no hay ningún periodo para el que pueda haber un presupuesto.",
    wrong_status: "Esto ya no es posible; el estado es: {{ status }}. Vuelva a cargar la página.",
    already_subscribed: "Ya tiene {{ service }}.",
    changed_meanwhile: "Otra persona lo ha cambiado entretanto. Vuelva a cargar la página.",
    being_set_up: "Todavía se está configurando. Inténtelo de nuevo en unos minutos.",
    bought_once: "Lo que se compra una sola vez no se puede cambiar. Compre lo otro aparte.",
    currency_not_invoiced: "No se puede facturar en {{ currency }}. Consulte a su proveedor.",
    exchange_rate_missing: "Falta un tipo de cambio que su proveedor debe añadir. Inténtelo más tarde.",
    nothing_to_change: "Esto es lo que ya tiene.",
    other_currency:
      "El precio de ese plan está en {{ currency }}, a diferencia del suyo. Consulte a su proveedor.",
    other_service: "Ese plan pertenece a otro servicio.",
    paid_until: "Su período está pagado hasta el {{ day }}. Elija el cambio al final del período pagado.",
    part_of_pack: "Esto forma parte de un paquete y cambia con él.",
    plan_by_provider_only: "Solo su proveedor puede darle este plan.",
    plan_not_sold: "Este plan ya no se vende.",
    preview_outdated: "Lo que se le mostró ya no es lo que ocurriría. Mírelo de nuevo antes de confirmar.",
    quantity_out_of_range: "Una cantidad está entre 1 y 1 000 000.",
    service_not_sold: "Este servicio no está a la venta en este momento.",
    term_runs:
      "Su permanencia dura hasta el {{ day }}; antes no puede costar menos. Consulte a su proveedor.",
    trial_changes_at_once: "Una prueba cambia de inmediato: no hay período pagado al que esperar.",
    coupon_beside_another: "Este cupón no se combina con {{ coupon }}, que la suscripción ya tiene.",
    coupon_not_for_this: "Este cupón no es para este plan.",
    coupon_over: "Este cupón ya no se puede canjear.",
    coupon_redeemed: "Ya ha canjeado este cupón.",
    coupon_unknown: "Este cupón no existe. Compruebe el código.",
    trial_used: "Ya ha probado este servicio. Elija un plan de pago.",
    credit_used_up: "Queda menos saldo que eso. Vuelva a cargar la página.",
    last_payment_method:
      "{{ method }} es su último medio de pago, y las renovaciones necesitan uno. Añada primero otro.",
    no_payment_method: "No hay ningún medio de pago guardado. Añada uno o elija una página de pago.",
    nothing_due: "Ya no hay nada que pagar por esto. Vuelva a cargar la página.",
    payment_under_way: "Hay un pago de esta factura en curso. Espere su resultado.",
    provider_cannot: "{{ provider }} no puede hacer esto. Elija otra forma de pago.",
    billing_profile_incomplete: "Sus datos de facturación están incompletos. Complételos primero.",
    billing_profile_missing: "Faltan sus datos de facturación. Introdúzcalos primero.",
    check_digits: "Compruebe las cifras de este número.",
    eas_code: "Introduzca cuatro cifras, por ejemplo 0106.",
    format_not_possible: "Este documento no se puede escribir como {{ format }}. Elija otro formato.",
    no_documents: "No hay nada entre lo que ha pedido. Elija otros días o palabras.",
    peppol_incomplete:
      "Una dirección Peppol consta de un identificador y su esquema. Rellene ambos, o ninguno.",
    postal_code: "Este código postal no corresponde al país.",
    statement_too_long: "Un extracto abarca tres años como máximo.",
    too_many_documents: "Se pueden descargar {{ most }} documentos como máximo a la vez. Elija menos días.",
    unknown_country: "No conocemos este país.",
    vat_country: "Este número de IVA no pertenece al país de la dirección.",
    vat_undecidable:
      "El IVA no se puede determinar con sus datos de facturación. Compruebe el país y el código postal, o pregunte a su proveedor.",
    vies_unavailable: "Su número de IVA aún no se ha podido confirmar. Inténtelo más tarde.",
  },
} satisfies RefusalWords;
