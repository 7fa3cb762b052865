import type { Dictionary } from "..";

export default {
  packs: {
    title: "Pakketten",
    text: "Meerdere diensten samen, voor één prijs en op één factuur.",
    empty: "Geen pakketten in het aanbod",
    emptyText: "Wat uw aanbieder samen verkoopt, staat hier.",
    all: "Alle pakketten bekijken",
    yours: "Uw pakketten",
    contents: "Wat erin zit",
    service: "Dienst",
    plan: "Plan",
    alone: "Los",
    share: "Deel van de prijs",
    saves: "{{ amount }} minder dan los van elkaar",
    subscribeTitle: "Abonneren op {{ pack }}",
    subscribed: "U bent geabonneerd op {{ pack }}.",
    cancelTitle: "{{ pack }} opzeggen?",
    cancelText: "{{ pack }} en alles wat erin zit blijven bruikbaar tot {{ date }} en eindigen dan.",
    cancelTrial: "{{ pack }} en alles wat erin zit eindigen meteen. Er wordt niets in rekening gebracht.",
    cancelled: "{{ pack }} eindigt na {{ date }}.",
    cancelledTrial: "{{ pack }} is beëindigd.",
    price: "Prijs",
    next: "Wat er volgt",
    free: "{{ days }} dagen gratis",
  },
} satisfies Pick<Dictionary, "packs">;
