// One column per layer, with two lanes: activations above, ∂L/∂activation below, in the same geometry.
import { plain } from "../components/colour.js";
import { scrolling } from "../components/small-screen.js";
import { element, svg } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";
import { geometry, neighbour } from "./geometry.js";
import { paintPlane } from "./palette.js";
import { tracer } from "./tracer.js";

const SIZE = { least: 96, most: 196 }; // of a lane: both fit one above the other on the screen that there is
const AROUND = 190; // what stands around the two lanes
const DIGITS = 16; // numbers of a row up to which each is named at its side

export class LayerLanes extends HTMLElement {
  #columns = new Map();
  #strip = element("div", { class: "strip", role: "application", tabindex: "0", tLabel: "inside.cells" });
  #edges = svg("svg", { class: "edges", "aria-hidden": "true" });
  #links = [];
  #reach = [];

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#strip);
    translate(this);
    this.#strip.addEventListener("keydown", (event) => this.#keydown(event));
    const repaint = () => this.paint();
    store.on(["theme", "inside.scale", "inside.log", "inside.step"], repaint);
    store.on(["inside.cell"], () => {
      this.connect([], []);
      this.mark();
    });
    store.on(["language"], () => this.show());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    addEventListener("resize", () => this.show());
    new ResizeObserver(() => this.#drawEdges()).observe(this.#strip);
  }

  focusCells() {
    this.#strip.focus();
  }

  // The layers that have a column: those that only reshape have none of their own.
  get layers() {
    return tracer.trace ? tracer.trace.layers.filter(({ same }) => !same) : [];
  }

  // How many steps back there are from the logits to the ink.
  get steps() {
    return this.layers.length;
  }

  show() {
    const { trace } = tracer;
    if (!trace) {
      this.#strip.replaceChildren();
      this.#columns.clear();
      return;
    }
    const signature = JSON.stringify([
      trace.layers.map(({ name, type, shape }) => [name, type, shape]),
      store.get("language"),
      this.#size,
      this.layers.map(({ name }) => trace.tensor(`a.${name}`).shape),
    ]);
    if (signature !== this.#signature) this.#build();
    this.#signature = signature;
    for (const layer of this.layers) this.#columns.get(layer.name).layer = layer; // with this trace's numbers
    this.paint();
    this.mark();
  }

  get #size() {
    return Math.round(Math.min(SIZE.most, Math.max(SIZE.least, (innerHeight - AROUND) / 2)));
  }

  #signature = "";

  #build() {
    this.#columns.clear();
    const made = this.layers.map((layer, i) => this.#column(layer, i, this.#size));
    this.#strip.replaceChildren(this.#edges, ...made);
    this.parentElement.style.setProperty("--lane", `${this.#size}px`);
    this.follow(store.get("inside.step"), "auto");
  }

  #column(layer, position, size) {
    const { shape } = tracer.trace.tensor(`a.${layer.name}`);
    const place = geometry(layer.shape, shape.length === 3 ? shape[2] : 1, size);
    const lanes = {};
    for (const lane of ["a", "d"]) {
      const canvas = element("canvas", { "aria-hidden": "true" });
      const mark = element("span", { class: "mark", hidden: true });
      const reach = element("span", { class: "reach", hidden: true });
      const veil = element("span", { class: "veil", hidden: true });
      const box = element("div", { class: `lane ${lane} ${place.kind}` }, canvas, reach, mark, veil);
      box.style.width = `${place.width}px`;
      box.style.height = `${place.height}px`;
      canvas.addEventListener("click", ({ offsetX, offsetY }) => {
        const index = place.at(offsetX, offsetY);
        if (!index) return;
        choose(layer.name, index);
        this.dispatchEvent(new CustomEvent("chosen", { detail: lanes[lane].mark }));
      });
      lanes[lane] = { canvas, mark, reach, veil, box, range: element("span", { class: "range figures" }) };
    }
    const missing = layer.shape.length === 3 ? layer.shape[2] - place.channels : 0;
    const more =
      missing > 0 &&
      element(
        "button",
        { class: "quiet more", type: "button", onclick: () => tracer.showWhole(layer.name) },
        t("inside.all.channels", { count: layer.shape[2] }),
      );
    const labels =
      layer.shape.length === 1 &&
      layer.shape[0] <= DIGITS &&
      element(
        "ol",
        { class: "names", "aria-hidden": "true" },
        ...Array.from({ length: layer.shape[0] }, (_, i) => element("li", {}, String(i))),
      );
    const node = element(
      "div",
      { class: "column", role: "group", "data-layer": layer.name, "aria-label": columnTitle(layer) },
      element(
        "div",
        { class: "heading" },
        element("strong", {}, typeTitle(layer)),
        element("span", { class: "small soft figures" }, shapeText(layer.shape)),
      ),
      element("div", { class: "cellbox forward" }, labels || null, lanes.a.box),
      element("div", { class: "scaleline" }, lanes.a.range),
      element("div", { class: "cellbox backward" }, labels ? labels.cloneNode(true) : null, lanes.d.box),
      element("div", { class: "scaleline" }, lanes.d.range, more || null),
    );
    this.#columns.set(layer.name, { node, layer, place, lanes, position });
    return node;
  }

  // The strongest colour of a lane: of this layer alone, or of all layers.
  #largest(layer, lane) {
    const of = ({ activation, gradient }) => (lane === "a" ? activation : gradient)?.largest ?? 0;
    if (store.get("inside.scale") === "layer") return of(layer);
    return Math.max(...this.layers.filter(({ kind }) => lane === "d" || kind !== "ink").map(of));
  }

  paint() {
    const { trace } = tracer;
    if (!trace) return;
    const logarithmic = store.get("inside.log");
    const reached = store.get("inside.step");
    for (const { layer, place, lanes, position } of this.#columns.values()) {
      for (const lane of ["a", "d"]) {
        const { canvas, range, veil, box } = lanes[lane];
        const name = `${lane}.${layer.name}`;
        const there = trace.has(name);
        const ahead = lane === "d" && reached > 0 && position < this.steps - reached;
        veil.hidden = there && !ahead;
        box.classList.toggle("empty", !there || ahead);
        const largest = this.#largest(layer, lane);
        range.textContent =
          there && !ahead ? `±${plain(largest, 2)}${logarithmic ? ` ${t("inside.log.short")}` : ""}` : "";
        if (there && !ahead)
          this.#paintLane(canvas, place, layer, name, {
            largest,
            logarithmic,
            ink: lane === "a" && layer.kind === "ink",
          });
        else clear(canvas);
      }
    }
    this.#drawEdges();
    requestAnimationFrame(() => performance.mark("nural-trace-shown"));
  }

  #paintLane(canvas, place, layer, name, options) {
    const { shape, data } = tracer.trace.tensor(name);
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(place.width * ratio), Math.round(place.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const openName = `open.${layer.name}`;
    const open = name.startsWith("d.") && tracer.trace.has(openName) ? tracer.trace.tensor(openName) : null;
    const gates = { open: open?.data, openChannels: open?.shape.at(-1) };
    if (place.kind === "image") {
      const [tall, wide, channels] = shape;
      for (let channel = 0; channel < place.channels; channel += 1) {
        const [x, y] = place.corner(channel);
        paintPlane(
          context,
          { data, channels, channel, height: tall, width: wide, ...gates, ...options },
          { x: x * ratio, y: y * ratio, width: place.tile[0] * ratio, height: place.tile[1] * ratio },
        );
      }
      return;
    }
    // a row goes down the columns of its grid
    const rows = place.rows;
    const columns = Math.ceil(data.length / rows);
    const [grid, openGrid] = [new Float32Array(rows * columns), new Uint8Array(rows * columns).fill(1)];
    data.forEach((value, i) => {
      const at = (i % rows) * columns + Math.floor(i / rows);
      grid[at] = value;
      if (open) openGrid[at] = open.data[i];
    });
    paintPlane(
      context,
      {
        data: grid,
        channels: 1,
        channel: 0,
        height: rows,
        width: columns,
        open: open && openGrid,
        openChannels: 1,
        ...options,
      },
      { x: 0, y: 0, width, height },
    );
    clearUnused(context, data.length % rows, rows, columns);
  }

  // -- the chosen cell ---------------------------------------------------------------------------------------

  mark() {
    const cell = store.get("inside.cell");
    for (const { lanes, place, layer } of this.#columns.values()) {
      const here = cell?.name === layer.name && inside(cell.index, layer.shape);
      const seen = here && (cell.index.length < 3 || cell.index[2] < place.channels);
      if (here && !seen) tracer.showWhole(layer.name);
      for (const { mark } of Object.values(lanes)) {
        mark.hidden = !seen;
        if (seen) lay(mark, place.rect(cell.index));
      }
    }
    this.#reveal(this.#columns.get(cell?.name)?.node);
  }

  // Scroll the strip, and not the page, until a column is in sight.
  #reveal(column, behavior = "auto") {
    if (!column) return;
    const { scrollLeft, clientWidth } = this.#strip;
    const [left, right] = [column.offsetLeft - 20, column.offsetLeft + column.offsetWidth + 20];
    if (left < scrollLeft) this.#strip.scrollTo({ left, behavior });
    else if (right > scrollLeft + clientWidth) this.#strip.scrollTo({ left: right - clientWidth, behavior });
  }

  // Bring the layer that the way back comes to with this step into the middle of the strip.
  follow(reached, behavior = scrolling()) {
    const column = this.#columns.get(this.layers[this.steps - reached]?.name)?.node;
    if (!column) return;
    const left = column.offsetLeft - (this.#strip.clientWidth - column.offsetWidth) / 2;
    this.#strip.scrollTo({ left, behavior });
  }

  // Show where a cell comes from and where it goes: curves to the cells of the largest terms, boxes around all.
  connect(links, reach) {
    this.#links = links;
    this.#reach = reach;
    for (const { lanes } of this.#columns.values())
      for (const { reach: box } of Object.values(lanes)) box.hidden = true;
    for (const { lane, step, first, last } of this.#reach) {
      const column = this.#columns.get(step);
      if (column?.place.kind !== "image") continue;
      const one = first[2] === last[2];
      const [left, top] = one ? column.place.corner(first[2]) : [0, 0];
      if (!one || first[2] >= column.place.channels) continue;
      const { x, y } = column.place.rect(first);
      const end = column.place.rect(last);
      const box = column.lanes[lane].reach;
      box.hidden = false;
      lay(box, {
        x: Math.max(left, x),
        y: Math.max(top, y),
        width: end.x + end.width - x,
        height: end.y + end.height - y,
      });
    }
    this.#drawEdges();
  }

  #drawEdges() {
    const frame = this.#strip.getBoundingClientRect();
    const [dx, dy] = [this.#strip.scrollLeft - frame.left, this.#strip.scrollTop - frame.top];
    this.#edges.setAttribute("width", this.#strip.scrollWidth);
    this.#edges.setAttribute("height", Math.max(0, this.#strip.scrollHeight - 2));
    const middle = ({ lane, step, index }) => {
      const column = this.#columns.get(step);
      if (!column || (index.length === 3 && index[2] >= column.place.channels)) return null;
      const box = column.lanes[lane].box.getBoundingClientRect();
      const { x, y, width, height } = column.place.rect(index);
      return [box.left + dx + x + width / 2, box.top + dy + y + height / 2];
    };
    this.#edges.replaceChildren(
      ...this.#links.flatMap(({ from, to, product, share }) => {
        const [start, end] = [middle(from), middle(to)];
        if (!start || !end) return [];
        const bend = (end[0] - start[0]) / 2;
        const d = `M${start}C${start[0] + bend},${start[1]} ${end[0] - bend},${end[1]} ${end}`;
        return [
          svg("path", { d, class: product < 0 ? "minus" : "plus", "stroke-width": (0.75 + 2.5 * share).toFixed(2) }),
        ];
      }),
    );
  }

  // -- the keyboard ------------------------------------------------------------------------------------------

  #keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#columns.size) return;
    const names = [...this.#columns.keys()];
    const cell = store.get("inside.cell");
    const column = this.#columns.get(cell?.name);
    if (!column) {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      const { layer } = this.#columns.get(names.at(-1));
      choose(layer.name, [tracer.trace.label ?? 0]);
      return;
    }
    const { layer, place } = column;
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    let next = null;
    if (event.shiftKey && along) {
      const { layer: other } = this.#columns.get(
        names[Math.min(names.length - 1, Math.max(0, names.indexOf(layer.name) + along))],
      );
      next = { name: other.name, index: translated(cell.index, layer.shape, other.shape) };
    } else if (event.key.startsWith("Arrow")) {
      next = { name: layer.name, index: neighbour(layer.shape, cell.index, event.key, place.rows) };
    } else if ((event.key === "PageUp" || event.key === "PageDown") && layer.shape.length === 3) {
      const [r, c, channel] = cell.index;
      const count = layer.shape[2];
      next = { name: layer.name, index: [r, c, (channel + (event.key === "PageDown" ? 1 : count - 1)) % count] };
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.dispatchEvent(new Event("explain"));
    }
    if (!next) return;
    event.preventDefault();
    choose(next.name, next.index);
  }
}

export const choose = (name, index) => store.set({ "inside.cell": { name, index } });

// A cell of another layer at about the same place.
function translated(index, from, to) {
  if (to.length === 1) return [Math.min(to[0] - 1, index.length === 1 ? Math.floor((index[0] * to[0]) / from[0]) : 0)];
  if (from.length === 1) return [Math.floor(to[0] / 2), Math.floor(to[1] / 2), 0];
  return [0, 1, 2].map((i) => Math.min(to[i] - 1, i === 2 ? index[2] : Math.floor((index[i] * to[i]) / from[i])));
}

export const inside = (index, shape) => index.length === shape.length && index.every((i, k) => i < shape[k]);

function lay(box, { x, y, width, height }) {
  box.style.left = `${x}px`;
  box.style.top = `${y}px`;
  box.style.width = `${width}px`;
  box.style.height = `${height}px`;
}

// The end of the last column, where a row of numbers is over, is no zero.
function clearUnused(context, used, rows, columns) {
  if (!used) return;
  const { width, height } = context.canvas;
  context.clearRect((width / columns) * (columns - 1) + 1, (height / rows) * used + 1, width, height);
}

const clear = (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
export const shapeText = (shape) => shape.join("×");
export const typeTitle = ({ type, kind, name }) =>
  kind === "ink"
    ? t("inside.ink")
    : name === tracer.trace?.layers.at(-1).name
      ? t("inside.logits")
      : t(`inside.type.${type}`) === `inside.type.${type}`
        ? type
        : t(`inside.type.${type}`);
export const columnTitle = (layer) =>
  `${layer.kind === "ink" ? "" : `${layer.name} `}${typeTitle(layer)}, ${shapeText(layer.shape)}`;

customElements.define("layer-lanes", LayerLanes);
