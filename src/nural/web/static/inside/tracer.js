// The trace that the view Inside shows: asked for again whenever the ink, the label or the network changes.
import { fetchJson, fetchTensors } from "../api.js";
import { smallScreen } from "../components/small-screen.js";
import { store } from "../store.js";

const CHANNELS = { wide: 16, small: 4 }; // of an image that are shown before a person asks for all
const KEYS = ["pixels", "label", "model", "inside.network", "inside.stepped"];

class Tracer extends EventTarget {
  trace = null;
  #whole = new Set();
  #busy = false;
  #waiting = false;
  #active = false;

  constructor() {
    super();
    store.on(KEYS, (keys) => {
      if (keys.has("model") || keys.has("inside.network")) store.set({ "inside.stepped": null });
      this.refresh();
    });
    smallScreen.addEventListener("change", () => this.refresh());
  }

  // Ask from now on; while the view is hidden nothing is asked.
  start() {
    this.#active = true;
    this.refresh();
  }

  stop() {
    this.#active = false;
  }

  // The network that is looked at: after a step, a broken one, or that of the whole page.
  get network() {
    return store.get("inside.stepped") ?? store.get("inside.network") ?? store.get("model");
  }

  // Whether a trace is on its way.
  get asking() {
    return this.#busy;
  }

  // Show all channels of a layer from now on.
  showWhole(name) {
    this.#whole.add(name);
    this.refresh();
  }

  async refresh() {
    if (!this.#active || !store.get("model")) return;
    if (this.#busy) {
      this.#waiting = true;
      return;
    }
    const pixels = store.get("pixels");
    if (!pixels) {
      this.#show(null);
      return;
    }
    this.#busy = true;
    try {
      const body = {
        ...this.#question(pixels),
        channels: smallScreen.matches ? CHANNELS.small : CHANNELS.wide,
        whole: [...this.#whole],
      };
      this.#show(await fetchTensors(this.#path("trace"), { body }));
    } catch (error) {
      this.#tell(error);
    } finally {
      this.#busy = false;
    }
    if (this.#waiting) {
      this.#waiting = false;
      this.refresh();
    }
  }

  // Ask for something about this image, this label and this network.
  ask(what, body = {}, network = this.network) {
    return fetchJson(this.#path(`inside/${what}`, network), {
      body: { ...this.#question(store.get("pixels")), ...body },
    });
  }

  askTensors(what, body = {}) {
    return fetchTensors(this.#path(`inside/${what}`), { body: { ...this.#question(store.get("pixels")), ...body } });
  }

  // All of the trace as JSON, a Blob.
  async download() {
    const body = JSON.stringify(this.#question(store.get("pixels")));
    const response = await fetch(this.#path("trace.json"), {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    return response.blob();
  }

  #show(found) {
    this.trace = found && {
      ...found.manifest,
      tensor: found.tensor,
      has: found.has,
      byName: new Map(found.manifest.layers.map((layer) => [layer.name, layer])),
    };
    this.dispatchEvent(new Event("trace"));
  }

  #question = (pixels) => ({ pixels: [...pixels], label: store.get("label") });

  #path = (what, network = this.network) => `api/${what}?model=${encodeURIComponent(network)}`;

  #tell(error) {
    if (error.status === 404 && store.get("inside.stepped")) store.set({ "inside.stepped": null });
    document.dispatchEvent(new CustomEvent("notice", { detail: error.message }));
  }
}

export const tracer = new Tracer();

// "4:3,5,2": a layer or an array of weights, and a place in it.
const encodePlace = ({ name, index }) => `${name}:${index.join(",")}`;
const decodePlace = (text) => {
  const [, name, index] = /^([\w.]{1,60}):(\d{1,5}(?:,\d{1,5}){0,3})$/.exec(text) ?? [];
  return name && { name, index: index.split(",").map(Number) };
};

store.set({
  "inside.cell": null,
  "inside.weight": null,
  "inside.step": 0,
  "inside.scale": "layer",
  "inside.log": false,
  "inside.network": null,
  "inside.stepped": null,
});
store.inAddress("inside.cell", encodePlace, decodePlace, "cell");
store.inAddress("inside.weight", encodePlace, decodePlace, "weight");
store.inAddress(
  "inside.scale",
  (scale) => (scale === "layer" ? "" : scale),
  (text) => (text === "shared" ? text : undefined),
  "scale",
);
store.inAddress(
  "inside.log",
  (log) => (log ? "1" : ""),
  (text) => text === "1",
  "log",
);
store.inAddress(
  "inside.step",
  (step) => (step ? String(step) : ""),
  (text) => (/^\d{1,3}$/.test(text) ? Number(text) : undefined),
  "step",
);
store.inAddress("inside.network", String, (text) => (/^broken:\w+$/.test(text) ? text : undefined), "broken");
