import type { RefusalWords } from "../refusals";

// Why the server refuses; loaded when it does (i18n/refusals.ts).
export default {
  refusal: {
    no_use_behind: "Aucune consommation ne se trouve derrière cette ligne.",
    service_not_in_use:
      "{{ service }} n’est pas utilisé ; il n’y a pas de période à laquelle un budget pourrait s’appliquer.",
    wrong_status: "Ce n’est plus possible ; le statut est : {{ status }}. Rechargez la page.",
    already_subscribed: "Vous avez déjà {{ service }}.",
    changed_meanwhile: "Quelqu’un d’autre a modifié ceci entre-temps. Rechargez la page.",
    being_set_up: "La mise en place est encore en cours. Réessayez dans quelques minutes.",
    bought_once: "Un achat unique ne peut pas être modifié. Achetez l’autre en plus.",
    currency_not_invoiced:
      "Aucune facture ne peut être établie en {{ currency }}. Adressez-vous à votre fournisseur.",
    exchange_rate_missing:
      "Il manque un taux de change que votre fournisseur doit ajouter. Réessayez plus tard.",
    nothing_to_change: "C’est ce que vous avez déjà.",
    other_currency:
      "Le prix de cette formule est en {{ currency }}, contrairement à la vôtre. Adressez-vous à votre fournisseur.",
    other_service: "Cette formule appartient à un autre service.",
    paid_until:
      "Votre période est payée jusqu’au {{ day }}. Choisissez le changement à la fin de la période payée.",
    part_of_pack: "Ceci fait partie d’un pack et change avec lui.",
    plan_by_provider_only: "Seul votre fournisseur peut vous donner cette formule.",
    plan_not_sold: "Cette formule n’est plus vendue.",
    preview_outdated: "Ce qui vous a été montré n’est plus exact. Regardez-le de nouveau avant de confirmer.",
    quantity_out_of_range: "Une quantité se situe entre 1 et 1 000 000.",
    service_not_sold: "Ce service n’est pas en vente actuellement.",
    term_runs:
      "Votre engagement court jusqu’au {{ day }} ; avant, le prix ne peut pas baisser. Adressez-vous à votre fournisseur.",
    trial_changes_at_once: "Un essai change aussitôt : il n’y a pas de période payée à attendre.",
    coupon_beside_another: "Ce code promotionnel ne va pas avec {{ coupon }}, que l’abonnement a déjà.",
    coupon_not_for_this: "Ce code promotionnel ne vaut pas pour cette formule.",
    coupon_over: "Ce code promotionnel ne peut plus être utilisé.",
    coupon_redeemed: "Vous avez déjà utilisé ce code promotionnel.",
    coupon_unknown: "Ce code promotionnel n’existe pas. Vérifiez la saisie.",
    trial_used: "Vous avez déjà essayé ce service. Choisissez une formule payante.",
    credit_used_up: "Il reste moins d’avoir que cela. Rechargez la page.",
    last_payment_method:
      "{{ method }} est votre dernier moyen de paiement, et les renouvellements en exigent un. Ajoutez-en d’abord un autre.",
    no_payment_method:
      "Aucun moyen de paiement n’est enregistré. Ajoutez-en un ou choisissez une page de paiement.",
    nothing_due: "Il n’y a plus rien à payer pour cela. Rechargez la page.",
    payment_under_way: "Un paiement de cette facture est en cours. Attendez son résultat.",
    provider_cannot: "{{ provider }} ne peut pas faire cela. Choisissez un autre moyen de paiement.",
    billing_profile_incomplete: "Vos coordonnées de facturation sont incomplètes. Complétez-les d’abord.",
    billing_profile_missing: "Vos coordonnées de facturation manquent. Saisissez-les d’abord.",
    check_digits: "Vérifiez les chiffres de ce numéro.",
    eas_code: "Saisissez quatre chiffres, par exemple 0106.",
    format_not_possible: "Ce document ne peut pas être écrit au format {{ format }}. Choisissez-en un autre.",
    no_documents: "Rien ne correspond à votre demande. Choisissez d’autres dates ou mots.",
    peppol_incomplete:
      "Une adresse Peppol se compose d’un identifiant et d’un schéma. Saisissez les deux, ou aucun.",
    postal_code: "Ce code postal ne correspond pas au pays.",
    statement_too_long: "Un relevé couvre trois ans au plus.",
    too_many_documents:
      "On peut télécharger {{ most }} documents au plus à la fois. Choisissez moins de jours.",
    unknown_country: "Nous ne connaissons pas ce pays.",
    vat_country: "Ce numéro de TVA n’appartient pas au pays de l’adresse.",
    vat_undecidable:
      "La TVA ne peut pas être déterminée à partir de vos données de facturation. Vérifiez le pays et le code postal, ou demandez à votre fournisseur.",
    vies_unavailable: "Votre numéro de TVA n’a pas encore pu être confirmé. Réessayez plus tard.",
  },
} satisfies RefusalWords;
