import account from "./account";
import buying from "./buying";
import frame from "./frame";
import legal from "./legal";
import paying from "./paying";
import roles from "./roles";
import usage from "./usage";

export default { ...frame, ...buying, ...paying, ...account, ...legal, ...roles, ...usage };
