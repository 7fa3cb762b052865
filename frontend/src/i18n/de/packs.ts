import type { Dictionary } from "..";

export default {
  packs: {
    title: "Pakete",
    text: "Mehrere Dienste zusammen, zu einem Preis und auf einer Rechnung.",
    empty: "Keine Pakete im Angebot",
    emptyText: "Was Ihr Anbieter zusammen verkauft, steht hier.",
    all: "Alle Pakete ansehen",
    yours: "Ihre Pakete",
    contents: "Was enthalten ist",
    service: "Dienst",
    plan: "Tarif",
    alone: "Einzeln",
    share: "Anteil am Preis",
    saves: "{{ amount }} weniger als einzeln",
    subscribeTitle: "{{ pack }} abonnieren",
    subscribed: "Sie haben {{ pack }} abonniert.",
    cancelTitle: "{{ pack }} kündigen?",
    cancelText: "{{ pack }} und alles darin bleiben bis {{ date }} nutzbar und enden dann.",
    cancelTrial: "{{ pack }} und alles darin enden sofort. Es wird nichts berechnet.",
    cancelled: "{{ pack }} endet nach dem {{ date }}.",
    cancelledTrial: "{{ pack }} ist beendet.",
    price: "Preis",
    next: "Wie es weitergeht",
    free: "{{ days }} Tage kostenlos",
  },
} satisfies Pick<Dictionary, "packs">;
