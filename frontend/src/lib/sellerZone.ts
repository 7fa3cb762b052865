import { createSignal } from "solid-js";

/** The seller's time zone, in which billing periods begin and end; UTC until it is known who is asking. */
export const [sellerZone, setSellerZone] = createSignal("UTC");
