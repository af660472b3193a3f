// Break it: networks that are ill on purpose, and how large the error is in each layer.
import { plain } from "../components/colour.js";
import { textTable } from "../components/text-table.js";
import { element, svg } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";
import { typeTitle } from "./layer-lanes.js";
import { tracer } from "./tracer.js";

const NETWORKS = ["healthy", "sigmoids", "dead", "rate"];
const [WIDTH, HEIGHT] = [760, 260];
const EDGE = { top: 14, right: 12, bottom: 72, left: 60 };
const LEAST = 1e-12;
const SHIFT = 7; // pixels by which a digit is moved away from the middle

export class BreakLab extends HTMLElement {
  #centred = null;

  connectedCallback() {
    if (this.firstChild) return;
    const button = (name, onclick) =>
      element("button", {
        class: "action",
        type: "button",
        "data-name": name,
        "aria-pressed": "false",
        t: `inside.break.${name}`,
        onclick,
      });
    this.buttons = [
      button("own", () => this.#choose(null)),
      ...NETWORKS.map((name) => button(name, () => this.#choose(`broken:${name}`))),
      button("centring", () => this.#shift()),
    ];
    this.comment = element("p", { class: "comment" });
    this.drawing = svg("svg", {
      role: "img",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "profile",
      tLabel: "inside.profile",
    });
    this.table = textTable(() => this.#rows());
    this.append(
      element("h2", { id: "inside-breaklab", t: "inside.break.title" }),
      element("p", { class: "soft", t: "inside.break.why" }),
      element("div", { class: "row presets" }, ...this.buttons),
      this.comment,
      element("button", {
        class: "quiet",
        type: "button",
        t: "inside.break.look",
        onclick: () => this.dispatchEvent(new Event("look")),
      }),
      element(
        "figure",
        { class: "profilebox" },
        this.drawing,
        element(
          "figcaption",
          { class: "small soft" },
          element("span", { class: "key a" }),
          element("span", { t: "inside.lane.forward" }),
          element("span", { class: "key d" }),
          element("span", { t: "inside.lane.backward" }),
          " · ",
          element("span", { t: "inside.profile" }),
        ),
      ),
      this.table,
    );
    translate(this);
    store.on(["language"], () => this.refresh());
    store.on(["source"], () => {
      if (store.get("source")?.kind !== "shifted") this.#centred = null;
    });
    this.refresh();
  }

  #choose(network) {
    if (this.#centred) this.#shift();
    // on one logarithmic scale for all layers one sees the error fade; within each layer, what it looks like
    const scale = network
      ? { "inside.scale": "shared", "inside.log": true }
      : { "inside.scale": "layer", "inside.log": false };
    store.set({ "inside.network": network, "inside.cell": null, "inside.weight": null, "inside.step": 0, ...scale });
  }

  // Move the digit away from the middle, where no training digit was; or move it back.
  #shift() {
    if (this.#centred) {
      const { base, strokes, source } = this.#centred;
      this.#centred = null;
      store.set({ base, strokes, source });
      return;
    }
    const pixels = store.get("pixels");
    if (!pixels) return;
    const centred = {
      base: store.get("base") ?? (store.get("strokes").length ? null : pixels),
      strokes: store.get("strokes"),
      source: store.get("source"),
    };
    store.set({ "inside.network": null });
    store.set({ source: { kind: "shifted" } });
    this.#centred = centred;
    store.set({ pixels: shifted(pixels, SHIFT) });
  }

  refresh() {
    const network = store.get("inside.network");
    const name = this.#centred ? "centring" : network ? network.slice(7) : "own";
    for (const button of this.buttons) button.setAttribute("aria-pressed", button.dataset.name === name);
    this.comment.textContent = t(`inside.break.${name}.why`);
    this.#draw();
    this.table.refresh();
  }

  get #sizes() {
    return (tracer.trace?.layers ?? [])
      .filter(({ same }) => !same)
      .map((layer) => ({ layer, a: layer.activation?.rms, d: layer.gradient?.rms }));
  }

  #draw() {
    const sizes = this.#sizes;
    const values = sizes.flatMap(({ a, d }) => [a, d]).filter((value) => value > LEAST);
    if (!values.length) {
      this.drawing.replaceChildren();
      return;
    }
    const [low, high] = [
      Math.floor(Math.log10(Math.min(...values, 0.1))),
      Math.ceil(Math.log10(Math.max(...values, 1))),
    ];
    const x = (i) => EDGE.left + ((i + 0.5) / sizes.length) * (WIDTH - EDGE.left - EDGE.right);
    const y = (value) =>
      EDGE.top +
      (1 - (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
    const every = Math.ceil((high - low) / 6);
    const ticks = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => 10 ** (high - i * every));
    const curve = (key) => {
      const points = sizes
        .map((size, i) => [x(i), size[key], i])
        .filter(([, value]) => value !== null && value !== undefined);
      const path = points.map(([px, value], i) => `${i ? "L" : "M"}${px.toFixed(1)},${y(value).toFixed(1)}`).join("");
      return [
        svg("path", { class: `curve ${key}`, d: path }),
        ...points.map(([px, value]) =>
          value > 0
            ? svg("circle", { class: `dot ${key}`, cx: px, cy: y(value), r: 3.5 })
            : svg("path", { class: `nothing ${key}`, d: `M${px - 4},${y(0) - 4}l8,8m0,-8l-8,8` }),
        ),
      ];
    };
    const slanted = sizes.length > 7;
    this.drawing.replaceChildren(
      ...ticks.flatMap((value) => [
        svg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, plain(value, 1)),
      ]),
      ...sizes.map(({ layer }, i) =>
        svg(
          "text",
          {
            class: "tick",
            "text-anchor": slanted ? "end" : "middle",
            transform: slanted
              ? `translate(${x(i) + 4},${HEIGHT - EDGE.bottom + 14}) rotate(-32)`
              : `translate(${x(i)},${HEIGHT - EDGE.bottom + 18})`,
          },
          short(typeTitle(layer)),
        ),
      ),
      ...curve("a"),
      ...curve("d"),
    );
    const errors = sizes.map(({ d }) => d).filter((value) => value !== null && value !== undefined);
    this.drawing.setAttribute(
      "aria-label",
      errors.length
        ? t("inside.profile.label", { top: plain(errors.at(-1), 2), ink: plain(errors[0], 2) })
        : t("inside.no.label"),
    );
  }

  #rows() {
    return {
      columns: [t("inside.layer"), t("inside.lane.forward"), t("inside.lane.backward")],
      rows: this.#sizes.map(({ layer, a, d }) => [`${layer.name} ${typeTitle(layer)}`, plain(a, 3), plain(d, 3)]),
    };
  }
}

const short = (name) => (name.length > 15 ? `${name.slice(0, 14)}…` : name);

function shifted(pixels, by) {
  const moved = new Float32Array(784);
  for (let r = by; r < 28; r += 1) for (let c = by; c < 28; c += 1) moved[(r - by) * 28 + c - by] = pixels[r * 28 + c];
  return moved;
}

customElements.define("break-lab", BreakLab);
