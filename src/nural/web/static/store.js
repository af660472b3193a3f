// What the page knows, in one place. Changes are announced here, and views listen here.
// The keys that a link should carry are mirrored to the address, behind its #.

const QUIET = 150; // ms without a change before the address is written

class Store extends EventTarget {
  #values = new Map();
  #codecs = new Map();
  #timer;

  get(key) {
    return this.#values.get(key);
  }

  // Dispatches `change` with `detail.keys`, the set of the keys whose values have changed.
  set(values) {
    const keys = new Set();
    for (const [key, value] of Object.entries(values)) {
      if (Object.is(this.#values.get(key), value)) continue;
      this.#values.set(key, value);
      keys.add(key);
    }
    if (!keys.size) return;
    if ([...keys].some((key) => this.#codecs.has(key))) this.#writeSoon();
    this.dispatchEvent(new CustomEvent("change", { detail: { keys } }));
  }

  // Call `listener(keys)` when one of `keys` changes.
  on(keys, listener, options) {
    const wanted = new Set(keys);
    this.addEventListener(
      "change",
      ({ detail }) => {
        if ([...detail.keys].some((key) => wanted.has(key))) listener(detail.keys);
      },
      options,
    );
  }

  // Mirror `key` to the address. `encode` gives a text, or "" for what need not be said; `decode` gives undefined for
  // a text that means nothing. What the address holds already is taken at once.
  inAddress(key, encode = String, decode = (text) => text, name = key) {
    this.#codecs.set(key, { encode, decode, name });
    const text = parameters().get(name);
    const value = text === null ? undefined : decode(text);
    if (value !== undefined) this.set({ [key]: value });
  }

  // Take from the address what a person typed or pasted there.
  read() {
    const given = parameters();
    const values = {};
    for (const [key, { decode, name }] of this.#codecs) {
      const value = given.has(name) ? decode(given.get(name)) : undefined;
      if (value !== undefined) values[key] = value;
    }
    this.set(values);
  }

  // Browsers let a page change its address a few times a second, not with every point that is drawn.
  #writeSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), QUIET);
  }

  #write() {
    const given = parameters();
    for (const [key, { encode, name }] of this.#codecs) {
      const value = this.#values.get(key);
      const text = value === undefined || value === null ? "" : encode(value);
      if (text) given.set(name, text);
      else given.delete(name);
    }
    const text = `#${given}`;
    if (text !== location.hash) history.replaceState(null, "", text === "#" ? location.pathname : text);
  }
}

const parameters = () => new URLSearchParams(location.hash.slice(1));

export const store = new Store();
export const oneOf =
  (...allowed) =>
  (text) =>
    allowed.includes(text) ? text : undefined;
export const numberFrom = (least, most) => (text) => {
  const value = Number(text);
  return text !== "" && value >= least && value <= most ? value : undefined;
};

export const preferredLanguage = navigator.language?.startsWith("zh") ? "zh" : "en";

store.set({
  tab: "draw",
  strokes: [],
  width: 2.4,
  switches: { box: true, scale: true, centre: true },
  base: null, // pixels beneath the strokes: a sample of MNIST, or a picture
  stages: null,
  pixels: null,
  source: null,
  probabilities: null,
  answer: null,
  threshold: 0.5,
  label: null,
  model: null,
  models: [],
  modelVersion: 0, // changes when the network in training changes
  training: null, // the status that the server sent last
  language: preferredLanguage,
  theme: "auto",
});
