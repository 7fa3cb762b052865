import type { Dictionary } from "..";
import account from "./account";
import buying from "./buying";
import frame from "./frame";
import legal from "./legal";
import ordering from "./ordering";
import paying from "./paying";
import roles from "./roles";
import usage from "./usage";

export default { ...frame, ...buying, ...ordering, ...paying, ...account, ...legal, ...roles, ...usage } satisfies Dictionary;
