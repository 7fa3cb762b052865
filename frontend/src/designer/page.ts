// The page around the canvas: its elements, what it says, and what it sends to the server.

import { worded } from "./sentences";

export const find = <E extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as E;
export const here = location.pathname;

export interface Refusal {
  message: string;
  reasons: string[];
}

export const speak = (message: string, reasons: string[] = []) => {
  find("d-said").textContent = message;
  const list = find("d-reasons");
  const isNew = (reason: string) => !message.includes(reason);
  list.hidden = !reasons.some(isNew);
  list.replaceChildren(
    ...reasons
      .filter(isNew)
      .map((reason) => Object.assign(document.createElement("li"), { textContent: reason })),
  );
};

/** Gives the function that posts with the page's token; what is refused, or cannot be reached, is said on the page. */
export const sender = (form_token: string) => async (path: string, fields: Record<string, string>) => {
  const body = new URLSearchParams({ form_token, ...fields });
  try {
    const answer = await fetch(here + path, { method: "POST", body });
    if (answer.ok) return answer;
    if (!answer.headers.get("content-type")?.includes("json")) {
      speak(
        worded(
          "You are signed out, or the server is away. Nothing is lost: sign in in another tab, then try again.",
        ),
      );
      return undefined;
    }
    const refusal = (await answer.json()) as Refusal;
    speak(refusal.message, refusal.reasons);
  } catch {
    speak(worded("The server could not be reached. Nothing is lost: try again."));
  }
  return undefined;
};

/** The editor draws its labels as mere text beside the controls: each control gets it as its name. */
function nameControls(): void {
  for (const row of document.querySelectorAll(".gjs-trt-trait, .gjs-sm-property")) {
    const label = row.querySelector(".gjs-label, .gjs-sm-label")?.textContent?.trim() ?? "";
    for (const control of row.querySelectorAll("input:not([type=checkbox]), select"))
      control.ariaLabel = label;
    for (const unit of row.querySelectorAll(".gjs-field-units select"))
      unit.ariaLabel = worded("{label}, unit", { label });
  }
}
const naming = new MutationObserver(nameControls); // of elements alone: what it sets does not call it again

/** Names the controls that the editor draws into a place, now and later. */
export const keepNamed = (place: HTMLElement) => naming.observe(place, { childList: true, subtree: true });
