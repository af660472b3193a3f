// From the drawing to what the network sees: a picture of each stage, with a switch that leaves it out.
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";
import { isDark, paintInk } from "./colour.js";

// Which picture of the server's each place shows: of strokes, or of a photograph, which has more stages.
const PLACES = [
  { name: "ink", of: ["ink"] },
  { name: "box", of: ["box"], turnedBy: "box" },
  { name: "scaled", of: ["scaled"], turnedBy: "scale" },
  { name: "centred", of: ["centred"], turnedBy: "centre", cross: true },
  { name: "seen", of: ["centred"] },
];

const NOTHING = new Float32Array(784);

export class StageStrip extends HTMLElement {
  #places = new Map();

  connectedCallback() {
    if (this.firstChild) return;
    const list = element("ol", { class: "stages" });
    for (const { name, turnedBy } of PLACES) {
      const canvas = element("canvas", { class: "cells", role: "img" });
      const number = element("span", { class: "order figures", "aria-hidden": "true" }, String(this.#places.size + 1));
      const turn =
        turnedBy &&
        element("input", {
          type: "checkbox",
          role: "switch",
          onchange: ({ target }) =>
            store.set({
              switches: { ...store.get("switches"), [turnedBy]: target.checked },
            }),
        });
      const title = element("span", { class: "name", t: `stage.${name}` });
      const heading = turn
        ? element("label", { class: "switch" }, turn, title)
        : element("span", { class: "switch" }, title);
      list.append(
        element(
          "li",
          { class: name },
          element("span", { class: "frame" }, canvas),
          element("div", { class: "caption" }, number, heading),
          element("p", { class: "small soft", t: `stage.${name}.why` }),
        ),
      );
      this.#places.set(name, { canvas, turn });
    }
    this.append(list);
    translate(this);
    store.on(["stages", "pixels", "switches", "theme", "language"], () => this.#show());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#show());
    this.#show();
  }

  #show() {
    const stages = store.get("stages") ?? {};
    const pixels = store.get("pixels");
    for (const { name, of, turnedBy, cross } of PLACES) {
      const { canvas, turn } = this.#places.get(name);
      const found = name === "seen" && pixels ? { shape: [28, 28], data: pixels } : pixels && stages[of[0]];
      if (turn) turn.checked = store.get("switches")[turnedBy];
      const state = [found?.data, store.get("language"), isDark()];
      if (state.every((value, i) => value === this.#places.get(name).state?.[i])) continue;
      this.#places.get(name).state = state;
      const {
        shape: [height, width],
        data,
      } = found ?? { shape: [28, 28], data: NOTHING };
      paintInk(canvas, data, height, width);
      canvas.style.aspectRatio = `${width} / ${height}`;
      canvas.parentElement.classList.toggle("empty", !found);
      // the box is drawn as large as it is in its field
      const largest = { scaled: 28, box: 84 }[name] ?? Math.max(height, width);
      const share =
        name === "box" || name === "scaled" ? Math.max(height, width) / Math.max(largest, height, width) : 1;
      canvas.style[height >= width ? "height" : "width"] = `${100 * share}%`;
      canvas.style[height >= width ? "width" : "height"] = "auto";
      canvas.setAttribute(
        "aria-label",
        t(found ? "stage.picture" : "stage.none", { stage: t(`stage.${name}`), height, width }),
      );
      canvas.parentElement.classList.toggle("cross", Boolean(cross && found));
    }
  }
}

customElements.define("stage-strip", StageStrip);
