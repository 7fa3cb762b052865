/** What can be left out: a whole category, or a topic of it, which may end in `*`. */
export const TELLABLE = ["subscription", "usage", "provisioning", "system"] as const;
export type Tellable = (typeof TELLABLE)[number];

const wholly = (optOut: string, category: Tellable) => optOut === category || optOut === `${category}.*`;
const isOf = (optOut: string, category: Tellable) => optOut.split(".")[0] === category;

export const isTold = (optOuts: readonly string[], category: Tellable): boolean =>
  !optOuts.some((one) => wholly(one, category));

/** The single topics that are left out of a category that is told otherwise. */
export const topicsLeftOut = (optOuts: readonly string[], category: Tellable): string[] =>
  isTold(optOuts, category) ? optOuts.filter((one) => isOf(one, category)) : [];

/** Told again means told all of it; what others left out is not touched. */
export function told(optOuts: readonly string[], category: Tellable, yes: boolean): string[] {
  const others = optOuts.filter((one) => !isOf(one, category));
  return yes ? others : [...others, category];
}
