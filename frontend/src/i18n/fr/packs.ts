import type { Dictionary } from "..";

export default {
  packs: {
    title: "Packs",
    text: "Plusieurs services ensemble, à un seul prix et sur une seule facture.",
    empty: "Aucun pack proposé",
    emptyText: "Ce que votre fournisseur vend ensemble apparaîtra ici.",
    all: "Voir tous les packs",
    yours: "Vos packs",
    contents: "Ce qu'il contient",
    service: "Service",
    plan: "Formule",
    alone: "Seul",
    share: "Sa part du prix",
    saves: "{{ amount }} de moins que séparément",
    subscribeTitle: "S'abonner à {{ pack }}",
    subscribed: "Vous êtes abonné à {{ pack }}.",
    cancelTitle: "Résilier {{ pack }} ?",
    cancelText:
      "{{ pack }} et tout ce qu'il contient restent utilisables jusqu'au {{ date }}, puis prennent fin.",
    cancelTrial: "{{ pack }} et tout ce qu'il contient prennent fin immédiatement. Rien n'est facturé.",
    cancelled: "{{ pack }} prend fin après le {{ date }}.",
    cancelledTrial: "{{ pack }} a pris fin.",
    price: "Prix",
    next: "La suite",
    free: "{{ days }} jours gratuits",
  },
} satisfies Pick<Dictionary, "packs">;
