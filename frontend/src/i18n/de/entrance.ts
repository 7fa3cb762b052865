import type { EntranceWords } from "..";
import frame from "./frame";
import legal from "./legal";

/** What is said before somebody has signed in. */
export default { ...frame, ...legal } satisfies EntranceWords;
