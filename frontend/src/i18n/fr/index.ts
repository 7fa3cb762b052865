import type { Dictionary } from "..";
import buying from "./buying";
import frame from "./frame";
import legal from "./legal";
import paying from "./paying";

export default { ...frame, ...buying, ...paying, ...legal } satisfies Dictionary;
