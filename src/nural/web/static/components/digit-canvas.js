// A square to draw on, with a pen, a finger, a mouse or the keyboard. The drawing is vectors: nothing of it depends on
// the size of the canvas or the pixels of the screen.
import { t } from "../i18n.js";
import { readAfter } from "../reader.js";
import { store } from "../store.js";
import { distanceToSegment, erased, rounded, simplified } from "../strokes.js";

const FIELD = 28;
const STEP = 1 / FIELD;
const ERASER = 1.8 / FIELD; // radius
const UNDONE = 200; // steps that can be taken back

export class DigitCanvas extends HTMLElement {
  #canvas = document.createElement("canvas");
  #history = [];
  #pen = null; // the pointer that draws: {id, from}
  #cursor = null; // of the keyboard: {x, y, down}
  #keys = new Set();
  #begun = 0;
  tool = "pen";

  connectedCallback() {
    if (this.firstChild) return;
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "application");
    this.#canvas.setAttribute("data-t-label", "canvas");
    this.append(this.#canvas);
    const on = (name, listener) => this.#canvas.addEventListener(name, listener.bind(this));
    on("pointerdown", this.#down);
    on("pointermove", this.#move);
    on("pointerup", this.#up);
    on("pointercancel", this.#up);
    on("lostpointercapture", this.#up);
    on("keydown", this.#keydown);
    on("keyup", (event) => this.#keys.delete(event.key));
    on("blur", () => this.#lift());
    new ResizeObserver(() => this.#paint()).observe(this);
    store.on(["strokes", "base", "width", "theme", "language"], () => this.#paint());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paint());
    this.#paint();
  }

  // -- what buttons do ---------------------------------------------------------------------------------------

  undo() {
    const before = this.#history.pop();
    if (before) store.set(before);
  }

  clear() {
    if (!store.get("strokes").length && !store.get("base")) return;
    this.remember();
    store.set({ strokes: [], base: null, source: { kind: "strokes" } });
  }

  // Keep the drawing as it is now for `undo`.
  remember() {
    const kept = Object.fromEntries(["strokes", "base", "source", "stages"].map((key) => [key, store.get(key)]));
    this.#history.push(kept);
    if (this.#history.length > UNDONE) this.#history.shift();
  }

  // -- the pointer -------------------------------------------------------------------------------------------

  #point(event) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
    return [rounded(x), rounded(y), Math.round(event.timeStamp - this.#begun)];
  }

  #down(event) {
    if (this.#pen || event.button !== 0) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#cursor = null;
    this.dataset.by = "pointer";
    this.#canvas.setPointerCapture(event.pointerId);
    this.remember();
    if (!store.get("strokes").length) this.#begun = event.timeStamp;
    const point = this.#point(event);
    this.#pen = { id: event.pointerId, from: point };
    if (this.tool === "eraser") this.#erase(point);
    else store.set({ strokes: [...store.get("strokes"), [point]], source: this.#drawnSource() });
  }

  #move(event) {
    if (event.pointerId !== this.#pen?.id) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = (coalesced.length ? coalesced : [event]).map((each) => this.#point(each));
    if (this.tool === "eraser") for (const point of points) this.#erase(point);
    else this.#extend(points);
  }

  #up(event) {
    if (event.pointerId !== this.#pen?.id) return;
    performance.mark("nural-pen-lifted");
    this.#pen = null;
    this.#finish();
  }

  // Add points to the stroke being drawn.
  #extend(points) {
    const strokes = [...store.get("strokes")];
    const stroke = [...(strokes.pop() ?? [])];
    for (const point of points) {
      const last = stroke.at(-1);
      if (!last || last[0] !== point[0] || last[1] !== point[1]) stroke.push(point);
    }
    store.set({ strokes: [...strokes, stroke] });
  }

  #finish() {
    readAfter({ strokes: store.get("strokes").map((stroke) => simplified(stroke)) });
  }

  #erase(to) {
    const { from } = this.#pen ?? { from: to };
    if (this.#pen) this.#pen.from = to;
    const base = store.get("base");
    const left = { strokes: erased(store.get("strokes"), from, to, ERASER) };
    if (base) left.base = base.map((level, i) => level * kept(i, from, to));
    store.set(left);
  }

  #drawnSource = () => (store.get("base") ? store.get("source") : { kind: "strokes" });

  // -- the keyboard ------------------------------------------------------------------------------------------

  #keydown(event) {
    this.dataset.by = "keyboard";
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      this.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      " ": () => this.#toggle(),
      Enter: () => this.#toggle(),
      Escape: () => this.#lift(),
      Backspace: () => this.undo(),
      Delete: () => this.clear(),
    };
    if (actions[event.key]) {
      event.preventDefault();
      this.#cursor ??= { x: 0.5, y: 0.25, down: false };
      actions[event.key]();
    } else if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      this.#keys.add(event.key);
      this.#step(event.shiftKey ? STEP / 4 : STEP);
    }
    this.#paint();
  }

  // Move by one step, along a diagonal where two arrows are held.
  #step(step) {
    this.#cursor ??= { x: 0.5, y: 0.25, down: false };
    const along = (more, less) => Number(this.#keys.has(more)) - Number(this.#keys.has(less));
    const from = [this.#cursor.x, this.#cursor.y];
    this.#cursor.x = rounded(from[0] + step * along("ArrowRight", "ArrowLeft"));
    this.#cursor.y = rounded(from[1] + step * along("ArrowDown", "ArrowUp"));
    if (!this.#cursor.down) return;
    const to = [this.#cursor.x, this.#cursor.y, 0];
    if (this.tool === "eraser") this.#erase(to);
    else this.#extend([to]);
  }

  #toggle() {
    if (this.#cursor.down) {
      this.#lift();
      return;
    }
    this.#cursor.down = true;
    this.remember();
    const point = [this.#cursor.x, this.#cursor.y, 0];
    if (this.tool === "eraser") this.#erase(point);
    else store.set({ strokes: [...store.get("strokes"), [point]], source: this.#drawnSource() });
    announce(t("pen.down"));
  }

  #lift() {
    this.#keys.clear();
    if (!this.#cursor?.down) return;
    this.#cursor.down = false;
    announce(t("pen.up"));
    this.#finish();
  }

  // -- the picture -------------------------------------------------------------------------------------------

  #paint() {
    const side = Math.round(this.clientWidth * devicePixelRatio);
    if (!side) return;
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    const style = getComputedStyle(this);
    const context = this.#canvas.getContext("2d");
    context.fillStyle = style.getPropertyValue("--paper");
    context.fillRect(0, 0, side, side);
    this.#paintGuides(context, side, style);
    const pen = style.getPropertyValue("--pen");
    if (store.get("base")) paintBase(context, side, store.get("base"), pen);
    context.strokeStyle = pen;
    context.lineWidth = (store.get("width") / FIELD) * side;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of store.get("strokes")) {
      context.beginPath();
      for (const [i, [x, y]] of stroke.entries()) context[i ? "lineTo" : "moveTo"](x * side, y * side);
      if (stroke.length === 1) context.lineTo(stroke[0][0] * side, stroke[0][1] * side);
      context.stroke();
    }
    if (this.#cursor) this.#paintCursor(context, side, style);
    this.dataset.tool = this.tool;
  }

  // The box of 20 of 28 pixels that a digit will be brought into, in its corners alone.
  #paintGuides(context, side, style) {
    context.strokeStyle = style.getPropertyValue("--line");
    context.lineWidth = Math.max(1, side / 400);
    const [near, far, arm] = [(4 / FIELD) * side, (24 / FIELD) * side, side / 24];
    for (const [x, y, dx, dy] of [
      [near, near, 1, 1],
      [far, near, -1, 1],
      [near, far, 1, -1],
      [far, far, -1, -1],
    ]) {
      context.beginPath();
      context.moveTo(x + dx * arm, y);
      context.lineTo(x, y);
      context.lineTo(x, y + dy * arm);
      context.stroke();
    }
    if (store.get("strokes").length || store.get("base")) return;
    context.fillStyle = style.getPropertyValue("--soft");
    context.font = `${Math.round(side / 22)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.fillText(t("canvas.hint"), side / 2, side / 2);
  }

  #paintCursor(context, side, style) {
    const { x, y, down } = this.#cursor;
    context.strokeStyle = style.getPropertyValue("--accent");
    context.lineWidth = Math.max(2, side / 200);
    context.beginPath();
    context.arc(x * side, y * side, side / (down ? 60 : 36), 0, 7);
    context.stroke();
  }
}

// What an eraser leaves of pixel i of the field, from 0 to 1.
function kept(i, from, to) {
  const middle = [((i % FIELD) + 0.5) / FIELD, (Math.floor(i / FIELD) + 0.5) / FIELD];
  return Math.min(1, Math.max(0, (distanceToSegment(middle, from, to) - ERASER) * FIELD + 0.5));
}

// A picture of 28×28 beneath the strokes.
function paintBase(context, side, base, pen) {
  const image = new ImageData(FIELD, FIELD);
  const [red, green, blue] = pen
    .trim()
    .match(/[0-9a-f]{2}/gi)
    .map((pair) => parseInt(pair, 16));
  for (const [i, level] of base.entries()) image.data.set([red, green, blue, Math.round(255 * level)], 4 * i);
  const small = new OffscreenCanvas(FIELD, FIELD);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, side, side);
}

const announce = (detail) => document.dispatchEvent(new CustomEvent("announce", { detail }));

customElements.define("digit-canvas", DigitCanvas);
