// Inside: one image forward, its error back, and every number explained.
import "../components/digit-canvas.js";
import { percent, plain } from "../components/colour.js";
import "../components/probability-bars.js";
import { scrolling } from "../components/small-screen.js";
import { textTable } from "../components/text-table.js";
import { element } from "../element.js";
import "../inside/break-lab.js";
import "../inside/cell-explanation.js";
import "../inside/ink-lab.js";
import "../inside/layer-lanes.js";
import { columnTitle, shapeText, typeTitle } from "../inside/layer-lanes.js";
import { math, mi, mn, mo, mtext } from "../inside/math.js";
import "../inside/step-lab.js";
import { tracer } from "../inside/tracer.js";
import "../inside/weight-lab.js";
import { t, translate } from "../i18n.js";
import { takeSample } from "../reader.js";
import { store } from "../store.js";

const PACE = 1300; // ms a layer while it plays
const SAMPLES = 10000; // of the test set
const LOG = "−log\u00a0";
const EXPLAINED = { lowest: 0.6, at: 0.55 }; // of the window's height: where an explanation may begin

class InsideView extends HTMLElement {
  #timer;
  #settling; // until a trace is followed by its explanations
  #said = null; // the label and the network whose loss was said aloud

  connectedCallback() {
    if (this.firstChild) return;
    this.lanes = element("layer-lanes");
    this.cell = element("cell-explanation", { class: "card", "aria-labelledby": "inside-cell", role: "region" });
    this.labs = {
      weight: element("weight-lab", { class: "card", "aria-labelledby": "inside-weight", role: "region" }),
      step: element("step-lab", { class: "card", "aria-labelledby": "inside-steplab", role: "region" }),
      ink: element("ink-lab", { class: "card", "aria-labelledby": "inside-inklab", role: "region" }),
      break: element("break-lab", { class: "card", "aria-labelledby": "inside-breaklab", role: "region" }),
    };
    this.append(
      this.#desk(),
      this.#laneCard(),
      this.cell,
      this.labs.weight,
      element("div", { class: "pair-of-cards" }, this.labs.step, this.labs.ink),
      this.labs.break,
    );
    translate(this);
    this.lanes.addEventListener("explain", () => this.cell.focusTitle());
    this.lanes.addEventListener("chosen", ({ detail }) => this.#bringExplanation(detail));
    this.cell.addEventListener("connect", ({ detail }) => this.lanes.connect(detail.links, detail.reach));
    this.labs.break.addEventListener("look", () => {
      this.#bringLanes();
      this.lanes.focusCells();
    });
    tracer.addEventListener("trace", () => this.#show());
    store.on(
      ["inside.step", "inside.scale", "inside.log", "language", "label", "inside.network", "inside.stepped"],
      () => this.#showControls(),
    );
    this.#showControls();
    this.classList.add("nothing"); // until there is a trace
  }

  shown() {
    tracer.start();
  }

  hidden() {
    tracer.stop();
    this.#stop();
    this.labs.ink.pause();
  }

  // -- the image, its label and the loss ---------------------------------------------------------------------

  #desk() {
    this.bars = element("probability-bars");
    this.loss = element("div", { class: "lossline" });
    this.labels = Array.from({ length: 10 }, (_, digit) => {
      const input = element("input", {
        type: "radio",
        name: "inside-label",
        value: digit,
        class: "hidden",
        onchange: () => store.set({ label: digit }),
      });
      return element("label", { class: "pick" }, input, element("span", {}, String(digit)));
    });
    this.none = element("button", {
      class: "quiet",
      type: "button",
      t: "inside.label.none",
      onclick: () => store.set({ label: null }),
    });
    return element(
      "section",
      { class: "card desk", "aria-labelledby": "inside-title" },
      element(
        "div",
        { class: "paper" },
        element("digit-canvas"),
        element(
          "div",
          { class: "row" },
          element("button", {
            class: "quiet",
            type: "button",
            t: "draw.clear",
            onclick: () => this.querySelector("digit-canvas").clear(),
          }),
          element("button", {
            class: "quiet",
            type: "button",
            t: "inside.sample",
            onclick: () => takeSample("test", Math.floor(Math.random() * SAMPLES)),
          }),
        ),
      ),
      element(
        "div",
        { class: "question" },
        element("h2", { id: "inside-title", t: "inside.title" }),
        element("p", { class: "soft", t: "inside.why" }),
        element("fieldset", { class: "labels" }, element("legend", { t: "inside.label" }), ...this.labels, this.none),
        this.loss,
      ),
      this.bars,
    );
  }

  // -- the lanes ---------------------------------------------------------------------------------------------

  #laneCard() {
    const button = (t, onclick, more = {}) =>
      element("button", { class: "action", type: "button", t, onclick, ...more });
    this.play = element("button", {
      class: "action primary",
      type: "button",
      onclick: () => (this.#timer ? this.#stop() : this.#play()),
    });
    this.all = button("inside.all", () => this.#go(0));
    this.progress = element("input", {
      type: "range",
      min: 1,
      step: 1,
      id: "inside-progress",
      tLabel: "inside.progress",
      oninput: () => {
        const step = Number(this.progress.value);
        this.#stop(); // puts the slider back to the step that is shown
        this.#go(step);
      },
    });
    this.scale = element(
      "select",
      { id: "inside-scale", onchange: () => store.set({ "inside.scale": this.scale.value }) },
      element("option", { value: "layer", t: "inside.scale.layer" }),
      element("option", { value: "shared", t: "inside.scale.shared" }),
    );
    this.log = element(
      "select",
      { id: "inside-log", onchange: () => store.set({ "inside.log": this.log.value === "log" }) },
      element("option", { value: "linear", t: "inside.linear" }),
      element("option", { value: "log", t: "inside.log" }),
    );
    this.comment = element("p", { class: "comment", role: "note" });
    this.table = textTable(() => this.#rows());
    this.save = button("inside.download", () => this.#download());
    this.stage = element(
      "div",
      { class: "stage" },
      element(
        "div",
        { class: "row player" },
        button("inside.step.back", () => this.#goBy(1)),
        this.play,
        button("inside.step.up", () => this.#goBy(-1)),
        this.all,
        this.progress,
      ),
      this.comment,
      element(
        "div",
        { class: "lanebox" },
        element("span", { class: "lanename a", "aria-hidden": "true", t: "inside.lane.forward" }),
        this.lanes,
        element("span", { class: "lanename d", "aria-hidden": "true", t: "inside.lane.backward" }),
      ),
    );
    return element(
      "section",
      { class: "card lanescard", "aria-labelledby": "inside-lanes" },
      element(
        "div",
        { class: "row spread head" },
        element("h2", { id: "inside-lanes", t: "inside.lanes" }),
        element(
          "div",
          { class: "row" },
          element(
            "label",
            { class: "choice", for: "inside-scale" },
            element("span", { t: "inside.scale" }),
            this.scale,
          ),
          element(
            "label",
            { class: "choice", for: "inside-log" },
            element("span", { class: "hidden", t: "inside.log.label" }),
            this.log,
          ),
          this.save,
        ),
      ),
      element("p", { class: "small soft keys", t: "inside.lanes.keys" }),
      this.stage,
      this.#legend(),
      this.table,
    );
  }

  #legend() {
    const swatch = (name, key) =>
      element(
        "span",
        { class: "key" },
        element("span", { class: `swatch ${name}`, "aria-hidden": "true" }),
        element("span", { t: key }),
      );
    return element(
      "p",
      { class: "legend small soft" },
      swatch("minus", "inside.legend.minus"),
      swatch("zero", "inside.legend.zero"),
      swatch("plus", "inside.legend.plus"),
      swatch("closed", "inside.legend.closed"),
    );
  }

  // Each layer in a line: the numbers of a single one are with the cell that is explained.
  #rows() {
    const size = (numbers) => (numbers ? [plain(numbers.largest, 3), plain(numbers.rms, 3)] : ["–", "–"]);
    return {
      columns: [
        t("inside.layer"),
        t("inside.shape"),
        t("inside.largest.a"),
        t("inside.rms.a"),
        t("inside.largest.d"),
        t("inside.rms.d"),
        t("inside.open"),
      ],
      rows: this.lanes.layers.map((layer) => [
        columnTitle(layer).split(",")[0],
        shapeText(layer.shape),
        ...size(layer.activation),
        ...size(layer.gradient),
        layer.open ? `${layer.open[0]} / ${layer.open[1]}` : "–",
      ]),
    };
  }

  // -- stepping back -----------------------------------------------------------------------------------------

  // 0 shows all of the way back; k shows its first k layers, from the logits on.
  #go(step) {
    store.set({ "inside.step": step >= this.lanes.steps ? 0 : Math.max(0, step) });
    this.lanes.follow(step);
    this.#bringLanes();
  }

  // Both lanes with what is said of them or, on a screen too low for that, the lanes.
  #bringLanes() {
    const whole = this.stage.offsetHeight <= innerHeight;
    const part = whole ? this.stage : this.lanes.parentElement;
    part.scrollIntoView({ block: whole ? "nearest" : "end", inline: "nearest", behavior: scrolling() });
  }

  // The beginning of a cell's explanation beneath the error lane, and not so high that the cell itself is lost.
  #bringExplanation(mark) {
    const { top } = this.cell.getBoundingClientRect();
    if (top <= EXPLAINED.lowest * innerHeight) return;
    const down = Math.min(top - EXPLAINED.at * innerHeight, mark.getBoundingClientRect().top - 8);
    if (down > 0) scrollBy({ top: down, behavior: scrolling() });
  }

  #goBy(move) {
    this.#stop();
    const now = store.get("inside.step");
    if (move > 0) this.#go(now === 0 ? 1 : now + 1);
    else this.#go(now === 0 ? this.lanes.steps - 1 : Math.max(1, now - 1));
  }

  #play() {
    if (!tracer.trace || tracer.trace.label === null) return;
    this.#go(1);
    this.#timer = setInterval(() => {
      const next = store.get("inside.step") + 1;
      this.#go(next);
      if (next >= this.lanes.steps) this.#stop();
    }, PACE);
    this.#showControls();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.play) this.#showControls();
  }

  // -- showing -----------------------------------------------------------------------------------------------

  #show() {
    const { trace } = tracer;
    this.classList.toggle("nothing", !trace);
    this.lanes.show();
    this.bars.show(
      trace ? trace.probabilities.map((share) => share ?? 0) : null,
      trace ? best(trace.probabilities) : null,
    );
    this.#showControls();
    // numbers of other images would stand there until the answer comes; while a run goes on the last is enough
    clearTimeout(this.#settling);
    this.table.refresh();
    this.#announce(trace);
    this.labs.ink.refresh();
    this.labs.break.refresh();
    this.labs.step.refresh();
    this.#settling = setTimeout(() => {
      this.cell.refresh();
      this.labs.weight.refresh();
    }, 60);
  }

  // Say the loss of a label or a network that was chosen; a drawing's own answer is said elsewhere.
  #announce(trace) {
    const about = trace && trace.label !== null ? `${trace.label} ${trace.weights}` : "";
    if (about && about !== this.#said && this.#said !== null) {
      document.dispatchEvent(
        new CustomEvent("announce", {
          detail: t("inside.say.loss", {
            label: trace.label,
            loss: plain(trace.loss, 4),
            share: percent(trace.probabilities[trace.label] ?? 0),
          }),
        }),
      );
    }
    this.#said = about;
  }

  #showControls() {
    const { trace } = tracer;
    const label = store.get("label");
    this.labels.forEach((pick, digit) => {
      pick.firstChild.checked = digit === label;
    });
    this.none.disabled = label === null;
    this.play.textContent = t(this.#timer ? "inside.pause" : "inside.play");
    const step = store.get("inside.step");
    const ready = Boolean(trace && trace.label !== null);
    for (const control of [this.play, this.progress]) control.disabled = !ready;
    this.progress.max = Math.max(1, this.lanes.steps);
    this.progress.value = step || this.lanes.steps;
    this.scale.value = store.get("inside.scale");
    this.log.value = store.get("inside.log") ? "log" : "linear";
    this.save.disabled = !trace;
    this.comment.textContent = this.#comment(trace, step);
    this.progress.setAttribute("aria-valuetext", this.comment.textContent);
    if (!trace) this.loss.replaceChildren(element("p", { class: "soft" }, t("inside.nothing")));
    else if (trace.label === null) this.loss.replaceChildren(element("p", { class: "soft" }, t("inside.label.why")));
    else {
      this.loss.replaceChildren(
        math(
          mi("L"),
          mo("="),
          mtext(LOG),
          mi("p"),
          mo("("),
          mn(String(trace.label)),
          mo(")"),
          mo("="),
          mtext(LOG),
          ...probabilityOfLoss(trace.loss),
          mo("="),
          mn(plain(trace.loss, 4)),
        ),
        element("p", { class: "small soft" }, t("inside.loss.why")),
      );
    }
  }

  // What happens at the layer that the way back has come to.
  #comment(trace, step) {
    if (!trace) return "";
    if (trace.label === null) return t("inside.no.label");
    if (!step || step > this.lanes.steps) return t("inside.comment.all");
    const layer = this.lanes.layers[this.lanes.steps - step];
    const above =
      this.lanes.layers.find(({ inputs }) => inputs.some((name) => name === layer.name)) ??
      this.lanes.layers[this.lanes.steps - step + 1];
    if (step === 1) return t("inside.comment.logits");
    const values = { layer: typeTitle(layer), above: typeTitle(above), open: layer.open?.[0], all: layer.open?.[1] };
    const kind = layer.open && above.kind === "function" ? "gate" : above.kind;
    const text = t(`inside.comment.${kind}`, values);
    return layer.kind === "ink" ? `${text} ${t("inside.comment.ink")}` : text;
  }

  async #download() {
    const link = element("a", { href: URL.createObjectURL(await tracer.download()), download: "nural-trace.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

// The probability whose loss this is; what is nearly 1 is written by what it lacks.
function probabilityOfLoss(loss) {
  const share = plain(Math.exp(-loss), 4);
  if (share !== "1" || loss === 0) return [mn(share)];
  return [mo("("), mn("1"), mo("−"), mn(plain(-Math.expm1(-loss), 4)), mo(")")];
}

const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

customElements.define("nural-inside", InsideView);
