import type { Dictionary } from "..";

export default {
  roles: {
    buy: "Beheerders van uw organisatie nemen abonnementen. U kunt kijken.",
    change: "Beheerders van uw organisatie wijzigen en beëindigen abonnementen. U kunt kijken.",
    people: "Beheerders van uw organisatie zien wie hier werkt.",
  },
} satisfies Partial<Dictionary>;
