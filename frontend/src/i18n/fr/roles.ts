import type { Dictionary } from "..";

export default {
  roles: {
    buy: "Les administrateurs de votre organisation souscrivent aux services. Vous pouvez les consulter.",
    change:
      "Les administrateurs de votre organisation modifient et résilient les abonnements. Vous pouvez les consulter.",
    people: "Les administrateurs de votre organisation voient qui y travaille.",
  },
} satisfies Partial<Dictionary>;
