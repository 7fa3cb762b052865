import type { Dictionary } from "..";

export default {
  roles: {
    buy: "Los administradores de su organización contratan los servicios. Usted puede verlos.",
    change:
      "Los administradores de su organización cambian y cancelan las suscripciones. Usted puede verlas.",
    people: "Los administradores de su organización ven quién trabaja aquí.",
  },
} satisfies Partial<Dictionary>;
