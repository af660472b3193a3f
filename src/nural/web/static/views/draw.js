// Draw: a digit by hand, what becomes of it on its way to the network, and what the network answers.
import { fetchTensors } from "../api.js";
import "../components/digit-canvas.js";
import { paintInk, percent } from "../components/colour.js";
import "../components/probability-bars.js";
import "../components/stage-strip.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { readPicture, takeSample } from "../reader.js";
import { store } from "../store.js";

const QUIET = 700; // ms without a change before the answer is said aloud
const SAMPLES = 12;

class DrawView extends HTMLElement {
  #seed = Math.floor(Math.random() * 1e6);
  #samples = null;
  #timer;

  connectedCallback() {
    if (this.firstChild) return;
    this.canvas = element("digit-canvas");
    this.bars = element("probability-bars");
    this.answer = element("output", { class: "answer" });
    this.comment = element("p", { class: "soft", id: "draw-comment" });
    this.samples = element("div", { class: "samples" });
    this.append(
      element(
        "div",
        { class: "desk" },
        element(
          "section",
          { class: "card paper", tLabel: "draw.title" },
          this.canvas,
          this.#tools(),
          element("p", { class: "small soft", t: "draw.keys" }),
        ),
        element(
          "section",
          { class: "card reading", "aria-labelledby": "draw-reading" },
          element("h2", { id: "draw-reading", t: "draw.reading" }),
          element("div", { class: "verdict" }, this.answer, this.comment),
          this.bars,
        ),
      ),
      element(
        "section",
        { class: "card", "aria-labelledby": "draw-way" },
        element("h2", { id: "draw-way", t: "draw.way" }),
        element("p", { class: "soft", t: "draw.way.why" }),
        element("stage-strip"),
      ),
      element(
        "section",
        { class: "card", "aria-labelledby": "draw-samples" },
        element(
          "div",
          { class: "row spread" },
          element("h2", { id: "draw-samples", t: "draw.samples" }),
          element("button", {
            class: "action",
            type: "button",
            t: "draw.samples.more",
            onclick: () => this.#moreSamples(),
          }),
        ),
        element("p", { class: "soft", t: "draw.samples.why" }),
        this.samples,
      ),
    );
    translate(this);
    store.on(["probabilities", "answer", "language"], () => this.#show());
    store.on(["theme", "language"], () => this.#paintSamples());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paintSamples());
    this.#acceptPictures();
    this.#show();
    this.#loadSamples();
  }

  #tools() {
    const choose = (tool) => {
      this.canvas.tool = tool;
      for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", name === tool);
    };
    const button = (t, onclick, more = {}) =>
      element("button", { class: "action", type: "button", t, onclick, ...more });
    const buttons = {
      pen: button("draw.pen", () => choose("pen"), { "aria-pressed": "true" }),
      eraser: button("draw.eraser", () => choose("eraser"), { "aria-pressed": "false" }),
    };
    const width = element("input", {
      type: "range",
      min: 1.2,
      max: 5,
      step: 0.1,
      id: "brush",
      value: store.get("width"),
      oninput: () => store.set({ width: Number(width.value) }),
    });
    store.on(["width"], () => {
      width.value = store.get("width");
    });
    const file = element("input", {
      type: "file",
      accept: "image/png,image/jpeg,image/webp,image/gif,image/bmp",
      class: "hidden",
      tabindex: "-1",
      "aria-hidden": "true",
      onchange: () => {
        if (file.files[0]) this.#take(file.files[0]);
        file.value = "";
      },
    });
    return element(
      "div",
      { class: "tools" },
      element(
        "div",
        { class: "row" },
        buttons.pen,
        buttons.eraser,
        button("draw.undo", () => this.canvas.undo()),
        button("draw.clear", () => this.canvas.clear()),
        button("draw.open", () => file.click()),
        file,
      ),
      element("label", { class: "brush", for: "brush" }, element("span", { t: "draw.width" }), width),
    );
  }

  #show() {
    const [probabilities, answer, threshold] = ["probabilities", "answer", "threshold"].map((key) => store.get(key));
    this.bars.show(probabilities, answer, threshold);
    this.answer.textContent = probabilities ? (answer ?? "?") : "–";
    this.classList.toggle("unsure", Boolean(probabilities) && answer === null);
    this.comment.textContent = sentence(probabilities, answer, threshold);
    if (performance.getEntriesByName("nural-pen-lifted").length && performance.getEntriesByName("nural-read").length) {
      requestAnimationFrame(() => performance.mark("nural-bars-shown"));
    }
    clearTimeout(this.#timer);
    if (probabilities) this.#timer = setTimeout(() => announce(sentence(probabilities, answer, threshold)), QUIET);
  }

  // -- digits to begin with, and pictures --------------------------------------------------------------------

  #moreSamples() {
    this.#seed += 1;
    this.#loadSamples();
  }

  async #loadSamples() {
    try {
      this.#samples = await fetchTensors(`api/samples?set=test&count=${SAMPLES}&seed=${this.#seed}`);
    } catch (error) {
      document.dispatchEvent(new CustomEvent("notice", { detail: error.message }));
      return;
    }
    this.#paintSamples();
  }

  #paintSamples() {
    if (!this.#samples) return;
    const { manifest, tensor } = this.#samples;
    const { data } = tensor("pixels");
    this.samples.replaceChildren(
      ...manifest.indices.map((index, i) => {
        const canvas = element("canvas", { class: "cells", "aria-hidden": "true" });
        paintInk(canvas, data.subarray(784 * i, 784 * (i + 1)), 28, 28);
        const label = t("draw.sample", { label: manifest.labels[i], index });
        return element(
          "button",
          {
            type: "button",
            class: "sample",
            "aria-label": label,
            title: label,
            onclick: () => {
              this.canvas.remember();
              takeSample("test", index);
            },
          },
          canvas,
        );
      }),
    );
  }

  #take(file) {
    this.canvas.remember();
    readPicture(file);
  }

  #acceptPictures() {
    const picture = (list) => [...(list ?? [])].find(({ type }) => type.startsWith("image/"));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      const file = picture(event.dataTransfer.files);
      if (file) this.#take(file);
    });
    document.addEventListener("paste", (event) => {
      const file = picture(event.clipboardData.files);
      if (file) this.#take(file);
    });
  }
}

function sentence(probabilities, answer, threshold) {
  if (!probabilities) return t("draw.nothing");
  const best = probabilities.indexOf(Math.max(...probabilities));
  const values = { digit: best, share: percent(probabilities[best]), threshold: percent(threshold, 0) };
  return t(answer === null ? "draw.unsure" : "draw.sure", values);
}

const announce = (detail) => document.dispatchEvent(new CustomEvent("announce", { detail }));

customElements.define("nural-draw", DrawView);
