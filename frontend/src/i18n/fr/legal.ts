export default {
  legal: {
    withdrawal: "Renoncer au contrat ici",
    cancellation: "Résilier des contrats ici",
    title: "Informations légales",
    imprint: "Mentions légales",
    privacy: "Confidentialité",
    terms: "Conditions",
  },
  links: {
    title: "Liens dans les messages",
    text: "Quiconque possède un de ces liens ouvre ce document sans se connecter et peut le payer.",
    none: "Aucun message avec un lien n’a été envoyé.",
    until: "Valable jusqu’au {{ date }}",
    ended: "Terminé le {{ date }}",
    opened_one: "Ouvert {{ n }} fois",
    opened_other: "Ouvert {{ n }} fois",
    end: "Révoquer les liens",
    done: "Les liens ne mènent plus nulle part.",
  },
};
