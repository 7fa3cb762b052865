export default {
  legal: {
    withdrawal: "Overeenkomst hier herroepen",
    cancellation: "Overeenkomsten hier opzeggen",
    title: "Juridisch",
    imprint: "Colofon",
    privacy: "Privacy",
    terms: "Voorwaarden",
  },
  links: {
    title: "Links in e-mails",
    text: "Wie een van deze links heeft, opent dit document zonder aan te melden en kan het betalen.",
    none: "Er is geen e-mail met een link gestuurd.",
    until: "Geldig tot {{ date }}",
    ended: "Beëindigd {{ date }}",
    opened_one: "{{ n }} keer geopend",
    opened_other: "{{ n }} keer geopend",
    end: "Links beëindigen",
    done: "De links leiden nergens meer heen.",
  },
};
