export default {
  legal: {
    withdrawal: "Vertrag widerrufen",
    cancellation: "Verträge hier kündigen",
    title: "Rechtliches",
    imprint: "Impressum",
    privacy: "Datenschutz",
    terms: "AGB",
  },
  links: {
    title: "Links in E-Mails",
    text: "Wer einen dieser Links hat, öffnet dieses Dokument ohne Anmeldung und kann es bezahlen.",
    none: "Es wurde keine E-Mail mit einem Link gesendet.",
    until: "Gilt bis {{ date }}",
    ended: "Beendet {{ date }}",
    opened_one: "{{ n }}-mal geöffnet",
    opened_other: "{{ n }}-mal geöffnet",
    end: "Links beenden",
    done: "Die Links führen nirgendwohin mehr.",
  },
};
