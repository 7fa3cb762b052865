import type { Dictionary } from "..";
import account from "./account";
import buying from "./buying";
import entrance from "./entrance";
import ordering from "./ordering";
import packs from "./packs";
import paying from "./paying";
import roles from "./roles";
import usage from "./usage";

export default {
  ...entrance,
  ...buying,
  ...ordering,
  ...packs,
  ...paying,
  ...account,
  ...roles,
  ...usage,
} satisfies Dictionary;
