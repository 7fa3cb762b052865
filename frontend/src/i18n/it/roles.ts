import type { Dictionary } from "..";

export default {
  roles: {
    buy: "Gli amministratori della sua organizzazione attivano i servizi. Lei può consultarli.",
    change:
      "Gli amministratori della sua organizzazione modificano e disdicono gli abbonamenti. Lei può consultarli.",
    people: "Gli amministratori della sua organizzazione vedono chi vi lavora.",
  },
} satisfies Partial<Dictionary>;
