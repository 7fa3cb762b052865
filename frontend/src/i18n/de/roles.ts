import type { Dictionary } from "..";

export default {
  roles: {
    buy: "Dienste abonnieren die Administratoren Ihrer Organisation. Sie können sie ansehen.",
    change: "Abonnements ändern und kündigen die Administratoren Ihrer Organisation. Sie können sie ansehen.",
    people: "Administratoren Ihrer Organisation sehen, wer hier arbeitet.",
  },
} satisfies Partial<Dictionary>;
