import type { EditorConfig } from "grapesjs";
import { worded } from "./sentences";

const LENGTH = { type: "number", units: ["mm", "pt", "px", "%"] };

/** What GrapesJS may and may not do here: nothing leaves the host, nothing but what prints is offered. */
export const options = (isMail: boolean): EditorConfig => ({
  height: "100%",
  fromElement: false,
  storageManager: false, // Saving is the server's, with a version and a token.
  telemetry: false, // On by default: it would tell its makers of every page that is opened.
  cssIcons: "", // By default a style of another host is loaded.
  noticeOnUnload: true,
  // Styles stay in their elements, which takes both; the stylesheet is a text beside the canvas.
  avoidInlineStyle: false,
  forceClass: false,
  panels: { defaults: [] },
  parser: {
    optionsHtml: {
      allowScripts: false,
      allowUnsafeAttr: false,
      allowUnsafeAttrValue: false,
      keepEmptyTextNodes: true, // A space between two words is one.
      detectDocument: false,
    },
  },
  deviceManager: {
    devices: [
      { id: "A4", name: "A4", width: isMail ? "640px" : "794px" },
      { id: "letter", name: worded("Letter"), width: "816px" },
    ],
  },
  assetManager: { upload: false, embedAsBase64: false },
  richTextEditor: { actions: ["bold", "italic", "underline"] },
  blockManager: {
    appendTo: "#d-blocks",
    blocks: [],
    // Without a mouse nothing can be dragged: a pressed block goes into what is chosen, or to the end of the page.
    appendOnClick: (block, editor) => {
      const chosen = editor.getSelected();
      const holder = chosen?.get("droppable") ? chosen : editor.getWrapper();
      const [made] = holder?.append(block.get("content") ?? "") ?? [];
      if (made) editor.select(made);
    },
  },
  traitManager: { appendTo: "#d-traits" },
  layerManager: { custom: true },
  selectorManager: { custom: true, componentFirst: true },
  styleManager: {
    appendTo: "#d-styles",
    sectors: [
      {
        name: worded("Text"),
        open: false,
        properties: [
          { ...LENGTH, property: "font-size", units: ["pt", "px"], min: 6, max: 40 },
          {
            property: "font-weight",
            type: "select",
            options: [
              { id: "400", label: worded("Normal") },
              { id: "700", label: worded("Bold") },
            ],
          },
          { property: "color", type: "color" },
          {
            property: "text-align",
            type: "select",
            options: ["left", "center", "right"].map((id) => ({ id, label: id })),
          },
        ],
      },
      {
        name: worded("Box"),
        open: false,
        properties: [
          { property: "background-color", type: "color" },
          ...["padding", "margin-top", "margin-bottom", "width"].map((property) => ({
            ...LENGTH,
            property,
            min: 0,
          })),
        ],
      },
    ],
  },
});
