import type { Dictionary } from "..";
import buying from "./buying";
import frame from "./frame";
import paying from "./paying";

export default { ...frame, ...buying, ...paying } satisfies Dictionary;
