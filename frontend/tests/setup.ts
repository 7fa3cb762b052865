import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@solidjs/testing-library";
import { afterEach, vi } from "vitest";
import { setLanguage } from "../src/i18n";

await setLanguage("en");

afterEach(async () => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
  await setLanguage("en");
});

// A busy machine is slow, not wrong: only what never comes shall fail.
configure({ asyncUtilTimeout: 8_000 });

Object.defineProperty(navigator, "languages", { value: ["en-GB", "en"] });

// jsdom has no modal dialogs and no popovers; browsers are asked in the end-to-end tests.
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.setAttribute("open", "");
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.removeAttribute("open");
};
