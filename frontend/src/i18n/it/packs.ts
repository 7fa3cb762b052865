import type { Dictionary } from "..";

export default {
  packs: {
    title: "Pacchetti",
    text: "Più servizi insieme, a un solo prezzo e su una sola fattura.",
    empty: "Nessun pacchetto in offerta",
    emptyText: "Ciò che il suo fornitore vende insieme comparirà qui.",
    all: "Vedi tutti i pacchetti",
    yours: "I suoi pacchetti",
    contents: "Che cosa contiene",
    service: "Servizio",
    plan: "Piano",
    alone: "Da solo",
    share: "La sua parte del prezzo",
    saves: "{{ amount }} in meno che separatamente",
    subscribeTitle: "Abbonarsi a {{ pack }}",
    subscribed: "Si è abbonato a {{ pack }}.",
    cancelTitle: "Disdire {{ pack }}?",
    cancelText: "{{ pack }} e tutto ciò che contiene restano utilizzabili fino al {{ date }}, poi terminano.",
    cancelTrial: "{{ pack }} e tutto ciò che contiene terminano subito. Non viene addebitato nulla.",
    cancelled: "{{ pack }} termina dopo il {{ date }}.",
    cancelledTrial: "{{ pack }} è terminato.",
    price: "Prezzo",
    next: "Che cosa segue",
    free: "{{ days }} giorni gratis",
  },
} satisfies Pick<Dictionary, "packs">;
