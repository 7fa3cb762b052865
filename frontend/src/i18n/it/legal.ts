export default {
  legal: {
    withdrawal: "Recedere dal contratto qui",
    cancellation: "Disdire contratti qui",
    title: "Note legali",
    imprint: "Note legali",
    privacy: "Privacy",
    terms: "Condizioni",
  },
  links: {
    title: "Link nei messaggi",
    text: "Chi ha uno di questi link apre questo documento senza accedere e può pagarlo.",
    none: "Non è stato inviato alcun messaggio con un link.",
    until: "Valido fino al {{ date }}",
    ended: "Terminato {{ date }}",
    opened_one: "Aperto {{ n }} volta",
    opened_other: "Aperto {{ n }} volte",
    end: "Revoca i link",
    done: "I link non portano più da nessuna parte.",
  },
};
