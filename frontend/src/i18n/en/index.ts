import account from "./account";
import buying from "./buying";
import entrance from "./entrance";
import ordering from "./ordering";
import paying from "./paying";
import roles from "./roles";
import usage from "./usage";

export default {
  ...entrance,
  ...buying,
  ...ordering,
  ...paying,
  ...account,
  ...roles,
  ...usage,
};
