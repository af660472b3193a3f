// The more answers a network may hold back, the fewer mistakes it makes: coverage against error, and a slider along the curve.
import { percent, plain } from "../components/colour.js";
import { textTable } from "../components/text-table.js";
import { element, svg } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";

const [WIDTH, HEIGHT] = [520, 280];
const EDGE = { top: 14, right: 16, bottom: 46, left: 64 };
const ROWS = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

export class CoverageChart extends HTMLElement {
  #curve = null;
  #own = null;

  connectedCallback() {
    if (this.firstChild) return;
    this.drawing = svg("svg", { role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, tLabel: "mistakes.sure" });
    this.slider = element("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.005,
      id: "mistakes-threshold",
      oninput: () => store.set({ "mistakes.threshold": Number(this.slider.value) }),
    });
    this.figure = element("output", { class: "figures", for: "mistakes-threshold" });
    this.reading = element("p", { class: "coverage-reading" });
    this.table = textTable(() => this.#rows());
    this.append(
      this.drawing,
      element(
        "label",
        { class: "brush", for: "mistakes-threshold" },
        element("span", { t: "mistakes.threshold" }),
        this.slider,
        this.figure,
      ),
      this.reading,
      this.table,
    );
    translate(this);
    store.on(["mistakes.threshold", "language"], () => this.#draw());
  }

  // `curve` as coverage() has it; `own` is the network's own threshold.
  show(curve, own) {
    this.#curve = curve;
    this.#own = own;
    this.#draw();
    this.table.refresh();
  }

  #at = (threshold) => this.#curve[Math.min(this.#curve.length - 1, Math.round(threshold * (this.#curve.length - 1)))];

  #draw() {
    if (!this.#curve) return;
    const threshold = store.get("mistakes.threshold") ?? this.#own;
    const all = this.#curve[0];
    const here = this.#at(threshold);
    const least = Math.min(
      0.9,
      ...this.#curve.filter(({ threshold: each }) => each <= 0.99).map(({ coverage }) => coverage),
    );
    const low = Math.floor(least * 20) / 20;
    const high = Math.max(all.error, 1e-4) * 1.1;
    const x = (share) => EDGE.left + ((share - low) / (1 - low)) * (WIDTH - EDGE.left - EDGE.right);
    const y = (share) => EDGE.top + (1 - share / high) * (HEIGHT - EDGE.top - EDGE.bottom);
    const seen = this.#curve.filter(({ coverage }) => coverage >= low);
    const path = seen
      .map((point, i) => `${i ? "L" : "M"}${x(point.coverage).toFixed(1)},${y(point.error).toFixed(1)}`)
      .join("");
    const own = this.#at(this.#own);
    const ticks = [low, (low + 1) / 2, 1];
    const errors = [0, all.error / 2, all.error];
    this.drawing.replaceChildren(
      ...errors.flatMap((share) => [
        svg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(share), y2: y(share) }),
        svg("text", { class: "tick", x: EDGE.left - 8, y: y(share) + 4, "text-anchor": "end" }, percent(share, 2)),
      ]),
      ...ticks.map((share, i) =>
        svg(
          "text",
          { class: "tick", x: x(share), y: HEIGHT - EDGE.bottom + 18, "text-anchor": ["start", "middle", "end"][i] },
          percent(share),
        ),
      ),
      svg(
        "text",
        { class: "tick name", x: WIDTH - EDGE.right, y: HEIGHT - 6, "text-anchor": "end" },
        t("mistakes.coverage"),
      ),
      svg(
        "text",
        { class: "tick name", transform: `translate(14,${EDGE.top}) rotate(-90)`, "text-anchor": "end" },
        t("mistakes.error"),
      ),
      svg("path", { class: "curve", d: path }),
      svg("circle", { class: "own", cx: x(Math.max(low, own.coverage)), cy: y(own.error), r: 5 }),
      svg("line", {
        class: "guide",
        x1: x(Math.max(low, here.coverage)),
        x2: x(Math.max(low, here.coverage)),
        y1: y(here.error),
        y2: HEIGHT - EDGE.bottom,
      }),
      svg("circle", { class: "here", cx: x(Math.max(low, here.coverage)), cy: y(here.error), r: 6 }),
    );
    this.slider.value = threshold;
    this.figure.textContent = plain(threshold, 3);
    this.reading.textContent = t("mistakes.reading", {
      coverage: percent(here.coverage, 2),
      error: percent(here.error, 2),
      wrong: here.wrong,
      held: all.answered - here.answered,
    });
    this.slider.setAttribute("aria-valuetext", `${plain(threshold, 3)}: ${this.reading.textContent}`);
    this.drawing.setAttribute(
      "aria-label",
      t("mistakes.curve", {
        all: percent(all.error, 2),
        coverage: percent(own.coverage, 2),
        error: percent(own.error, 2),
        threshold: plain(this.#own, 3),
      }),
    );
  }

  #rows() {
    return {
      columns: [t("mistakes.threshold"), t("mistakes.coverage"), t("mistakes.error"), t("mistakes.wrong")],
      rows: ROWS.map((threshold) => this.#at(threshold)).map(({ threshold, coverage, error, wrong }) => [
        plain(threshold, 3),
        percent(coverage, 2),
        percent(error, 2),
        String(wrong),
      ]),
    };
  }
}

customElements.define("coverage-chart", CoverageChart);
