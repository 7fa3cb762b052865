import { createSignal } from "solid-js";
import type { Schemas } from "../api/client";

export type Brand = Schemas["BrandOut"];

/** The server writes into the page whose portal it is, by the host name or by who is signed in. */
function written(): Brand {
  const told = document.querySelector<HTMLMetaElement>("meta[name=brand]")?.content;
  return told ? (JSON.parse(told) as Brand) : ({ name: document.title } as Brand);
}

const [brand, setBrand] = createSignal<Brand>(written());
export { brand };

/** A browser that comes back from signing in asked for the page without its session: who they are says the rest. */
export function belongTo(seller: Brand | null): void {
  if (seller) setBrand(seller);
}

/** Names the browser's tab. */
export function titled(page: string): void {
  document.title = brand().name ? `${page} · ${brand().name}` : page;
}
