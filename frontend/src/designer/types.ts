import type { Component, Editor } from "grapesjs";
import { worded } from "./sentences";

interface Choice {
  name: string;
  label: string;
  options: Record<string, string>;
  many: boolean;
}

export interface Block {
  name: string;
  label: string;
  element: string;
  is_required: boolean;
  choices: Choice[];
}

export interface Field {
  path: string;
  label: string;
  group: string;
  sample: string;
}

const REMOVED = ["video", "map", "iframe", "script", "svg", "svg-in", "object", "countdown"];
const kindOf = (element: HTMLElement) => element.getAttribute?.("data-inv") ?? "";

/** Teaches the editor our blocks: what each shows on the canvas, and that only its mark leaves it. */
export function teach(editor: Editor, blocks: Block[], fields: Field[], looks: Map<string, string>): void {
  const types = editor.DomComponents;
  for (const type of REMOVED) types.removeType(type);
  const samples = new Map(fields.map((field) => [field.path, field.sample]));
  const named = new Map(blocks.map((block) => [block.name, block]));
  columnsTrait(editor);

  const mark = { droppable: false, editable: false, copyable: true };
  const shows = (look: (component: Component) => string) => ({
    onRender(this: { model: Component }, { el }: { el: HTMLElement }) {
      el.innerHTML = look(this.model);
      el.setAttribute("contenteditable", "false");
    },
  });
  const silent = { getInnerHTML: () => "" };
  const redrawn = {
    init(this: Component) {
      this.on("change:attributes", () => this.view?.render());
    },
  };
  const escaped = (text: string) => {
    const holder = document.createElement("span");
    holder.textContent = text;
    return holder.innerHTML;
  };

  types.addType("inv-kept", {
    isComponent: (element) => kindOf(element) === "kept" && { type: "inv-kept" },
    model: {
      defaults: { ...mark, copyable: false, stylable: false, traits: [], name: worded("Kept as written") },
      ...silent,
    },
    view: shows((component) => escaped(`⟨${String(component.getAttributes()["title"] ?? "…")}⟩`)),
  });

  types.addType("inv-field", {
    isComponent: (element) => kindOf(element) === "field" && { type: "inv-field" },
    model: {
      defaults: {
        ...mark,
        tagName: "span",
        name: worded("Value"),
        attributes: { "data-inv": "field", "data-path": fields[0]?.path ?? "" },
        textable: true,
        traits: [
          {
            type: "select",
            name: "data-path",
            label: worded("Value"),
            options: fields.map((field) => ({ id: field.path, label: `${field.group}: ${field.label}` })),
          },
        ],
      },
      ...silent,
      ...redrawn,
    },
    view: shows((component) => {
      const path = String(component.getAttributes()["data-path"]);
      return escaped(samples.get(path) ?? path);
    }),
  });

  types.addType("inv-block", {
    isComponent: (element) => {
      const block = named.get(kindOf(element));
      const isMark = block && !["text", "field", "condition"].includes(block.name);
      return isMark ? { type: "inv-block", removable: !block.is_required, name: block.label } : false;
    },
    model: {
      defaults: { ...mark, copyable: false, traits: [] },
      ...silent,
      init(this: Component) {
        if (this.getAttributes()["data-inv"] === "lines")
          this.setTraits([{ type: "columns", name: "data-cols" }]);
        this.on("change:attributes", () => this.view?.render());
      },
    },
    view: shows((component) => {
      const name = String(component.getAttributes()["data-inv"]);
      return chosenColumns(looks.get(name) ?? escaped(named.get(name)?.label ?? name), component);
    }),
  });

  const conditions = named.get("condition")?.choices[0]?.options ?? {};
  types.addType("inv-condition", {
    isComponent: (element) => kindOf(element) === "condition" && { type: "inv-condition" },
    model: {
      defaults: {
        name: worded("Shown only when"),
        traits: [
          {
            type: "select",
            name: "data-if",
            label: worded("When"),
            options: Object.entries(conditions).map(([id, label]) => ({ id, label })),
          },
        ],
      },
    },
  });

  types.addType("inv-text", {
    extend: "text",
    isComponent: (element) => kindOf(element) === "text" && { type: "inv-text" },
    model: { defaults: { name: worded("Text"), attributes: { "data-inv": "text" }, traits: [] } },
  });

  for (const block of blocks)
    editor.Blocks.add(block.name, { label: block.label, content: contentOf(block, conditions, fields) });
  editor.Blocks.add("columns", {
    label: worded("Two columns"),
    content: "<table><tbody><tr><td></td><td></td></tr></tbody></table>",
  });

  function columnsTrait(of: Editor) {
    const offered = blocks.find((block) => block.name === "lines")?.choices[0]?.options ?? {};
    of.Traits.addType("columns", {
      createInput() {
        const holder = document.createElement("div");
        for (const [name, label] of Object.entries(offered)) {
          const line = document.createElement("label");
          const box = Object.assign(document.createElement("input"), { type: "checkbox", value: name });
          line.append(box, ` ${label}`);
          holder.append(line, document.createElement("br"));
        }
        return holder;
      },
      onEvent({ elInput, component }: { elInput: HTMLElement; component: Component }) {
        const boxes = [...elInput.querySelectorAll<HTMLInputElement>("input:checked")];
        if (boxes.length) component.addAttributes({ "data-cols": boxes.map((box) => box.value).join(",") });
      },
      onUpdate({ elInput, component }: { elInput: HTMLElement; component: Component }) {
        const chosen = String(component.getAttributes()["data-cols"] ?? "").split(",");
        for (const box of elInput.querySelectorAll<HTMLInputElement>("input"))
          box.checked = chosen.includes(box.value);
      },
    });
  }
}

function contentOf(block: Block, conditions: Record<string, string>, fields: Field[]): string {
  if (block.name === "text") return '<div data-inv="text"><p>Text</p></div>';
  if (block.name === "field") return `<span data-inv="field" data-path="${fields[0]?.path ?? ""}"></span>`;
  if (block.name === "condition") {
    const first = Object.keys(conditions)[0] ?? "";
    return `<div data-inv="condition" data-if="${first}"><div data-inv="text"><p>Text</p></div></div>`;
  }
  return `<${block.element} data-inv="${block.name}"></${block.element}>`;
}

/** The sample of the lines has the usual columns; what was left out is left out on the canvas, too. */
function chosenColumns(look: string, component: Component): string {
  const chosen = component.getAttributes()["data-cols"];
  if (component.getAttributes()["data-inv"] !== "lines" || typeof chosen !== "string") return look;
  const usual = ["description", "quantity", "unit_price", "tax_rate", "amount"];
  const body = new DOMParser().parseFromString(look, "text/html").body;
  for (const row of body.querySelectorAll("tr"))
    [...row.children].forEach((cell, at) => chosen.split(",").includes(usual[at] ?? "") || cell.remove());
  return body.innerHTML;
}
