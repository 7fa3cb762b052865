#!/bin/sh
# GrapesJS moves a style="" out of its element although avoidInlineStyle is false: a second option, forceClass, does it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --no-audit --no-fund --prefix "$folder" grapesjs@0.23.6 jsdom@29.1.1
cat > seen.mjs <<'SCRIPT'
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });
for (const name of ["DOMParser", "Node", "Text", "Element", "HTMLElement", "CSSStyleSheet"]) globalThis[name] = window[name];
globalThis.navigator ??= window.navigator; // newer Node has its own
const { grapesjs } = await import("grapesjs");
const html = (options) => {
  const editor = grapesjs.init({ headless: true, storageManager: false, telemetry: false, avoidInlineStyle: false, ...options });
  editor.setComponents('<p style="color: red">x</p>');
  return editor.getHtml();
};
const [alone, both] = [html({}), html({ forceClass: false })];
console.log("version:  GrapesJS 0.23.6");
console.log('expected: with avoidInlineStyle: false, getHtml() says <p style="color: red"> as it was told');
console.log(`seen:     ${alone}; with forceClass: false too, ${both}`);
console.log("cost:     who stores the HTML and keeps the stylesheet elsewhere loses every inline style at the first save");
console.log("do:       set forceClass: false beside avoidInlineStyle: false, and compare what comes back with what was told");
process.exit(!alone.includes("style=") && /style="color: ?red;?"/.test(both) ? 0 : 1);
SCRIPT
node seen.mjs
