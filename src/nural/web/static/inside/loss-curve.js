// The true loss over one weight as a curve, the gradient as its tangent, and the kinks that ReLU and pooling make.
import { plain, signed } from "../components/colour.js";
import { textTable } from "../components/text-table.js";
import { svg } from "../element.js";
import { t, translate } from "../i18n.js";

const [WIDTH, HEIGHT] = [460, 230];
const EDGE = { top: 12, right: 14, bottom: 30, left: 58 };

export class LossCurve extends HTMLElement {
  #curve = null;
  #at = 0;

  connectedCallback() {
    if (this.firstChild) return;
    this.drawing = svg("svg", { role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, tLabel: "inside.move.title" });
    this.table = textTable(() => this.#rows());
    this.append(this.drawing, this.table);
    translate(this);
  }

  // `curve` as the server sends it; `at` is the weight that the slider stands at.
  show(curve, at) {
    this.#curve = curve;
    this.#at = at;
    this.#draw();
    this.table.refresh();
  }

  // {true, predicted}: the loss at the slider, and what the tangent says it would be.
  get reading() {
    const { weights, losses, weight, gradient, loss } = this.#curve;
    const i = nearest(weights, this.#at);
    return { true: losses[i], predicted: loss + gradient * (weights[i] - weight) };
  }

  #draw() {
    const { weights, losses, kinks, weight, gradient, loss } = this.#curve;
    const finite = losses.filter((value) => value !== null);
    const [left, right] = [weights[0], weights.at(-1)];
    let [low, high] = [Math.min(...finite), Math.max(...finite)];
    const margin = (high - low || Math.abs(loss) || 1) * 0.12;
    [low, high] = [low - margin, high + margin];
    const x = (value) => EDGE.left + ((value - left) / (right - left)) * (WIDTH - EDGE.left - EDGE.right);
    const y = (value) => EDGE.top + (1 - (value - low) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
    const tangent = (value) => loss + gradient * (value - weight);
    const path = losses
      .map((value, i) =>
        value === null
          ? ""
          : `${i && losses[i - 1] !== null ? "L" : "M"}${x(weights[i]).toFixed(1)},${y(value).toFixed(1)}`,
      )
      .join("");
    const { true: here, predicted } = this.reading;
    const tick = (value, digits) => plain(value, digits).replace(/^(?=\d)/, value < 0 ? "−" : "");
    this.drawing.replaceChildren(
      svg(
        "clipPath",
        { id: "inside-curve" },
        svg("rect", {
          x: EDGE.left,
          y: EDGE.top,
          width: WIDTH - EDGE.left - EDGE.right,
          height: HEIGHT - EDGE.top - EDGE.bottom,
        }),
      ),
      ...[low + margin, high - margin].map((value) =>
        svg("text", { class: "tick", x: EDGE.left - 7, y: y(value) + 4, "text-anchor": "end" }, tick(value, 4)),
      ),
      ...[left, weight, right].map((value, i) =>
        svg(
          "text",
          { class: "tick", x: x(value), y: HEIGHT - 10, "text-anchor": ["start", "middle", "end"][i] },
          tick(value, 3),
        ),
      ),
      svg("line", {
        class: "axis",
        x1: EDGE.left,
        x2: WIDTH - EDGE.right,
        y1: HEIGHT - EDGE.bottom,
        y2: HEIGHT - EDGE.bottom,
      }),
      svg("line", { class: "own", x1: x(weight), x2: x(weight), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
      svg(
        "g",
        { "clip-path": "url(#inside-curve)" },
        svg("line", { class: "tangent", x1: x(left), y1: y(tangent(left)), x2: x(right), y2: y(tangent(right)) }),
        svg("path", { class: "loss", d: path }),
        ...kinks.map((kink) => svg("path", { class: "kink", d: `M${x(kink.weight)},${HEIGHT - EDGE.bottom}v-9` })),
        svg("line", { class: "gap", x1: x(this.#at), x2: x(this.#at), y1: y(here ?? low), y2: y(predicted) }),
        svg("circle", { class: "on-tangent", cx: x(this.#at), cy: y(predicted), r: 4 }),
        here === null ? svg("g", {}) : svg("circle", { class: "on-loss", cx: x(this.#at), cy: y(here), r: 4.5 }),
      ),
    );
    this.drawing.setAttribute(
      "aria-label",
      t("inside.curve.label", {
        from: signed(left),
        to: signed(right),
        low: plain(low + margin),
        high: plain(high - margin),
        kinks: kinks.length,
      }),
    );
  }

  #rows() {
    const { weights, losses, weight, gradient, loss, kinks } = this.#curve;
    const rows = weights.map((value, i) => {
      const switched = kinks.filter((kink) => i && kink.weight > weights[i - 1] && kink.weight < value);
      return [
        signed(value, 5),
        plain(losses[i], 6),
        plain(loss + gradient * (value - weight), 6),
        String(switched.reduce((all, { steps }) => all + Object.values(steps).reduce((a, b) => a + b, 0), 0)),
      ];
    });
    return { columns: ["w", t("inside.loss.true"), t("inside.loss.tangent"), t("inside.kinks")], rows };
  }
}

const nearest = (values, at) =>
  values.reduce((best, value, i) => (Math.abs(value - at) < Math.abs(values[best] - at) ? i : best), 0);

customElements.define("loss-curve", LossCurve);
