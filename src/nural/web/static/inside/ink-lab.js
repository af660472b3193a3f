// Gradient on ink: where more or less of it would change the answer. Follow it step by step, let it run,
// or with the pen.
import { percent, plain, signed } from "../components/colour.js";
import { textTable } from "../components/text-table.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";
import { paintPlane } from "./palette.js";
import { tracer } from "./tracer.js";

const SIDE = 28;
const STEP = 0.1; // ink that the pixel with the largest gradient gains or loses in a step
const PEN = 0.25; // ink of one touch of the pen
const PAUSE = 120; // ms between the steps of a run
const MOST_STEPS = 80;

export class InkLab extends HTMLElement {
  #run = null;
  #before = null; // the ink before the first step
  #pen = null;

  connectedCallback() {
    if (this.firstChild) return;
    this.canvas = element("canvas", { role: "img", tLabel: "inside.ink.gradient" });
    this.ink = element("canvas", { role: "img", tLabel: "inside.ink.paper" });
    this.fact = element("p", { class: "small" });
    this.once = element("button", {
      class: "action",
      type: "button",
      t: "inside.ink.step",
      onclick: () => this.#step(),
    });
    this.go = element("button", {
      class: "action primary",
      type: "button",
      onclick: () => (this.#run ? this.#stop() : this.#start()),
    });
    this.undo = element("button", {
      class: "action",
      type: "button",
      t: "inside.ink.undo",
      disabled: true,
      onclick: () => this.#back(),
    });
    this.erase = element("input", { type: "checkbox", role: "switch" });
    this.table = textTable(() => this.#rows());
    this.append(
      element("h2", { id: "inside-inklab", t: "inside.ink.title" }),
      element("p", { class: "soft", t: "inside.ink.why" }),
      element(
        "div",
        { class: "inkmaps" },
        element(
          "figure",
          { class: "map" },
          this.canvas,
          element("figcaption", { class: "small soft", t: "inside.ink.gradient" }),
        ),
        element(
          "figure",
          { class: "map pen" },
          this.ink,
          element("figcaption", { class: "small soft", t: "inside.ink.paper" }),
        ),
      ),
      this.fact,
      element(
        "div",
        { class: "row" },
        this.once,
        this.go,
        this.undo,
        element("label", { class: "switch small" }, this.erase, element("span", { t: "inside.ink.erase" })),
      ),
      this.table,
    );
    translate(this);
    this.ink.addEventListener("pointerdown", (event) => {
      if (!tracer.trace || event.button !== 0) return;
      event.preventDefault();
      this.ink.setPointerCapture(event.pointerId);
      this.#pen = new Float32Array(store.get("pixels"));
      this.#draw(event);
    });
    this.ink.addEventListener("pointermove", (event) => this.#pen && this.#draw(event));
    for (const name of ["pointerup", "pointercancel"])
      this.ink.addEventListener(name, () => {
        this.#pen = null;
      });
    store.on(["theme", "language"], () => this.refresh());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.refresh());
    store.on(["source"], () => {
      if (store.get("source")?.kind !== "gradient") this.#before = null;
    });
    this.refresh();
  }

  pause() {
    this.#stop();
  }

  refresh() {
    const { trace } = tracer;
    const ready = Boolean(trace && trace.label !== null);
    this.once.disabled = this.go.disabled = !ready;
    this.undo.disabled = !this.#before;
    this.table.refresh();
    this.go.textContent = t(this.#run ? "inside.ink.stop" : "inside.ink.run");
    for (const canvas of [this.canvas, this.ink]) canvas.width = canvas.height = Math.round(196 * devicePixelRatio);
    if (!trace) {
      this.fact.textContent = "";
      return;
    }
    const box = { x: 0, y: 0, width: this.canvas.width, height: this.canvas.height };
    const plane = { channels: 1, channel: 0, height: SIDE, width: SIDE };
    paintPlane(this.ink.getContext("2d"), { data: trace.tensor("a.ink").data, ink: true, ...plane }, box);
    if (!ready) {
      this.fact.textContent = t("inside.no.label");
      return;
    }
    const { data } = trace.tensor("d.ink");
    const largest = trace.byName.get("ink").gradient.largest;
    // what lowers the loss: against the gradient, so that orange means "more ink here"
    paintPlane(this.canvas.getContext("2d"), { data: data.map((slope) => -slope), largest, ...plane }, box);
    this.fact.textContent = t("inside.ink.fact", {
      label: trace.label,
      share: percent(trace.probabilities[trace.label] ?? 0),
      largest: plain(largest, 2),
    });
  }

  // What lowers the loss, row by row.
  #rows() {
    const data = tracer.trace?.has("d.ink") ? tracer.trace.tensor("d.ink").data : new Float32Array(SIDE * SIDE);
    const range = Array.from({ length: SIDE }, (_, i) => i);
    return {
      columns: [t("inside.ink.gradient"), ...range.map(String)],
      rows: range.map((r) => [t("inside.row", { r }), ...range.map((c) => signed(-data[r * SIDE + c], 2))]),
    };
  }

  // One step of ink along −∂L/∂ink, within the paper's white and the pen's black.
  #step() {
    const { trace } = tracer;
    const { data } = trace.tensor("d.ink");
    const largest = trace.byName.get("ink").gradient.largest;
    if (!(largest > 0)) return false;
    const pixels = store.get("pixels");
    const moved = new Float32Array(pixels.length);
    for (let i = 0; i < moved.length; i += 1)
      moved[i] = Math.min(1, Math.max(0, pixels[i] - (STEP * data[i]) / largest));
    this.#put(moved);
    return true;
  }

  #put(pixels) {
    this.#before ??= {
      pixels: store.get("pixels"),
      strokes: store.get("strokes"),
      base: store.get("base"),
      source: store.get("source"),
    };
    store.set({ source: { kind: "gradient" } });
    store.set({ pixels });
  }

  async #start() {
    const run = {};
    this.#run = run;
    this.refresh();
    for (let i = 0; i < MOST_STEPS && this.#run === run && this.isConnected; i += 1) {
      const next = new Promise((resolve) => tracer.addEventListener("trace", resolve, { once: true }));
      if (!this.#step()) break;
      await next;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (tracer.trace?.probabilities[tracer.trace.label] > 0.99) break;
    }
    if (this.#run === run) this.#stop();
    document.dispatchEvent(new CustomEvent("announce", { detail: this.fact.textContent }));
  }

  #stop() {
    this.#run = null;
    if (this.go) this.refresh();
  }

  #back() {
    this.#stop();
    const { pixels, ...drawing } = this.#before;
    this.#before = null;
    store.set(drawing.strokes.length ? drawing : { ...drawing, base: drawing.base ?? pixels });
    this.refresh();
  }

  // The pen adds ink where it passes, or takes it away.
  #draw(event) {
    const { left, top, width, height } = this.ink.getBoundingClientRect();
    const [x, y] = [((event.clientX - left) / width) * SIDE - 0.5, ((event.clientY - top) / height) * SIDE - 0.5];
    const sign = this.erase.checked ? -1 : 1;
    for (let r = Math.floor(y); r <= Math.floor(y) + 1; r += 1) {
      for (let c = Math.floor(x); c <= Math.floor(x) + 1; c += 1) {
        if (r < 0 || c < 0 || r >= SIDE || c >= SIDE) continue;
        const share = (1 - Math.abs(x - c)) * (1 - Math.abs(y - r));
        const i = r * SIDE + c;
        this.#pen[i] = Math.min(1, Math.max(0, this.#pen[i] + sign * PEN * share * 2));
      }
    }
    this.#put(new Float32Array(this.#pen));
  }
}

customElements.define("ink-lab", InkLab);
