// Where a cell's number comes from and where its error comes from: formulas, pictures and terms to follow.
import { signed } from "../components/colour.js";
import { textTable } from "../components/text-table.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";
import { channelMap, fieldPicture } from "./channel-map.js";
import { backwardLines, forwardLines } from "./formulas.js";
import { choose, columnTitle, inside, typeTitle } from "./layer-lanes.js";
import { cellName, termTable } from "./term-table.js";
import { tracer } from "./tracer.js";

const TERMS = 8;
const QUIET = 600; // ms after which a chosen cell is said aloud
const EDGES = 8;

export class CellExplanation extends HTMLElement {
  #asked = 0;
  #terms = TERMS;
  #way = []; // the cells that led here
  #timer;

  connectedCallback() {
    if (this.firstChild) return;
    this.heading = element("h2", { id: "inside-cell", tabindex: "-1" });
    this.back = element("button", {
      class: "action",
      type: "button",
      t: "inside.back",
      disabled: true,
      onclick: () => this.#goBack(),
    });
    this.body = element("div", { class: "explained" });
    this.append(element("div", { class: "row spread" }, this.heading, this.back), this.body);
    translate(this);
    store.on(["inside.cell"], () => {
      this.#terms = TERMS;
      this.refresh();
    });
    store.on(["language", "theme", "inside.log"], () => this.refresh());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.refresh());
    this.refresh();
  }

  focusTitle() {
    this.heading.focus();
  }

  async refresh() {
    const cell = store.get("inside.cell");
    const layer = tracer.trace?.byName.get(cell?.name);
    if (!layer || !inside(cell.index, layer.shape)) {
      this.heading.textContent = t("inside.cell.title");
      this.body.replaceChildren(element("p", { class: "soft" }, t("inside.cell.none")));
      return;
    }
    const number = ++this.#asked;
    try {
      const found = await tracer.ask("cell", { step: cell.name, index: cell.index, terms: this.#terms });
      if (number === this.#asked) this.#show(found, cell);
    } catch (error) {
      // without a server what was there stays
      if (number === this.#asked && error.status)
        this.body.replaceChildren(element("p", { class: "soft" }, error.message));
    }
  }

  #show(found, cell) {
    const layer = tracer.trace.byName.get(cell.name);
    if (!layer) return;
    this.heading.textContent = `${columnTitle(layer).split(",")[0]}: ${cellName(cell.index)}`;
    this.back.disabled = !this.#way.length;
    const maps = [
      channelMap(layer, cell.index, "a", t("inside.lane.forward")),
      channelMap(layer, cell.index, "d", t("inside.lane.backward")),
    ].filter(Boolean);
    this.body.replaceChildren(
      maps.length
        ? element("div", { class: "maps" }, ...maps, this.#table(layer, cell.index))
        : element("div", { class: "maps" }, this.#table(layer, cell.index)),
      element(
        "section",
        { class: "way forward", "aria-label": t("inside.lane.forward") },
        element("h3", {}, t("inside.forward")),
        element("ol", { class: "lines", tabindex: "0" }, ...forwardLines(found)),
        ...this.#fields(found),
        this.#forwardTerms(found),
      ),
      element(
        "section",
        { class: "way backward", "aria-label": t("inside.lane.backward") },
        element("h3", {}, t("inside.backward")),
        ...this.#backward(found),
      ),
    );
    translate(this.body);
    this.#connect(found, cell);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#announce(found, cell), QUIET);
  }

  #fields({ forward, stations }) {
    if (!forward?.field) return [];
    const { shape, values, weights } = forward.field;
    const ink = forward.terms[0]?.step === "ink";
    const convolution = stations[0].type.startsWith("Conv");
    return [
      element(
        "div",
        { class: "row fields" },
        fieldPicture(shape, values, { ink, caption: t(convolution ? "inside.patch" : "inside.input") }),
        element("span", { class: "times", "aria-hidden": "true" }, "×"),
        fieldPicture(shape, weights, { caption: t(convolution ? "inside.kernel" : "inside.weights") }),
        element("span", { class: "times", "aria-hidden": "true" }, "="),
        fieldPicture(
          shape,
          values.map((value, i) => value * weights[i]),
          { caption: t("inside.product") },
        ),
      ),
    ];
  }

  #forwardTerms({ forward }) {
    if (!forward) return null;
    const max = forward.kind === "max";
    return termTable({
      sum: forward,
      caption: t(`inside.caption.${max ? "max" : forward.kind === "mean" ? "mean" : "sum"}`),
      factors: [t("inside.from"), "x", max ? t("inside.won") : "w"],
      product: max ? "x" : "x · w",
      total: max ? t("inside.maximum") : t("inside.total"),
      where: whereFrom,
      onCell: (term) => this.#follow(term),
      onWeight: openWeight,
      onMore: () => this.#more(),
    });
  }

  #backward(found) {
    if (tracer.trace.label === null) return [element("p", { class: "soft" }, t("inside.no.label"))];
    const lines = element("ol", { class: "lines", tabindex: "0" }, ...backwardLines(found));
    if (!found.backward) return [lines];
    const table = termTable({
      sum: found.backward,
      caption: t("inside.caption.back"),
      factors: [t("inside.to"), "δ", "w"],
      product: "w · δ",
      total: found.stations.at(-1).kind === "ink" ? "∂L/∂x" : "∂L/∂a",
      where: whereFrom,
      onCell: (term) => this.#follow(term),
      onWeight: openWeight,
      onMore: () => this.#more(),
    });
    return [lines, table];
  }

  #more() {
    this.#terms *= 8;
    this.refresh();
  }

  #follow({ step, index }) {
    this.#way.push(store.get("inside.cell"));
    choose(step, index);
    this.focusTitle();
  }

  #goBack() {
    const before = this.#way.pop();
    if (before) choose(before.name, before.index);
    this.focusTitle();
  }

  // Curves in the lanes, from the cell to the largest of its terms.
  #connect({ forward, backward, stations }, cell) {
    const base = { lane: "a", step: stations[0].step, index: stations[0].index };
    const top = { lane: "d", step: stations.at(-1).step, index: stations.at(-1).index };
    const curves = (terms, lane, own) => {
      const largest = Math.max(...terms.map(({ product }) => Math.abs(product)), 1e-300);
      return terms
        .slice(0, EDGES)
        .filter(({ product }) => product)
        .map(({ step, index, product }) => ({
          from: own,
          to: { lane, step, index },
          product,
          share: Math.abs(product) / largest,
        }));
    };
    const reach = [
      ...(forward?.reach ?? []).map((box) => ({ ...box, lane: "a" })),
      ...(backward?.reach ?? []).map((box) => ({ ...box, lane: "d" })),
    ];
    this.dispatchEvent(
      new CustomEvent("connect", {
        detail: {
          links: [...curves(forward?.terms ?? [], "a", base), ...curves(backward?.terms ?? [], "d", top)],
          reach,
          cell,
        },
      }),
    );
  }

  #announce({ stations }, cell) {
    const own = stations.find(({ step }) => step === cell.name) ?? stations[0];
    const layer = tracer.trace.byName.get(cell.name);
    const detail = t(own.gradient === null ? "inside.say.forward" : "inside.say", {
      layer: typeTitle(layer),
      cell: cellName(cell.index),
      value: signed(own.value),
      gradient: signed(own.gradient),
    });
    document.dispatchEvent(new CustomEvent("announce", { detail }));
  }

  // The numbers of the channel as text, or of the row.
  #table(layer, index) {
    return textTable(() => {
      const { shape, data } = tracer.trace.tensor(`a.${layer.name}`);
      const back = tracer.trace.has(`d.${layer.name}`) ? tracer.trace.tensor(`d.${layer.name}`).data : null;
      if (shape.length === 1) {
        return {
          columns: [t("inside.cell.word"), t("inside.lane.forward"), t("inside.lane.backward")],
          rows: [...data].map((value, i) => [String(i), signed(value), back ? signed(back[i]) : "–"]),
        };
      }
      const [height, width, channels] = shape;
      const rows = [];
      for (const [name, numbers] of [
        [t("inside.lane.forward"), data],
        [t("inside.lane.backward"), back],
      ]) {
        if (!numbers) continue;
        for (let r = 0; r < height; r += 1)
          rows.push([
            `${name}, ${t("inside.row", { r })}`,
            ...Array.from({ length: width }, (_, c) => signed(numbers[(r * width + c) * channels + index[2]], 2)),
          ]);
      }
      return {
        columns: [t("inside.channel", { channel: index[2] }), ...Array.from({ length: width }, (_, c) => String(c))],
        rows,
      };
    });
  }
}

const whereFrom = ({ step, index }) => {
  const layer = tracer.trace.byName.get(step);
  const [row, column, channel] = index;
  const cell = index.length < 3 ? row : `${row},${column}${layer.shape[2] > 1 ? ` · ${channel}` : ""}`;
  return `${layer.kind === "ink" ? "" : `${step} `}${typeTitle(layer)} ${cell}`;
};

const openWeight = (parameter, entry) => store.set({ "inside.weight": { name: parameter, index: entry } });

export { whereFrom };

customElements.define("cell-explanation", CellExplanation);
