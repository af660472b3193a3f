// The user's own architecture: layers added, removed, sized and moved, between 784 pixels and ten outputs.
import { element } from "../element.js";
import { t, translate } from "../i18n.js";

// Each type's numbers: name, first value, least, most, step.
const NUMBERS = {
  linear: [["size", 64, 1, 2048, 1]],
  conv: [
    ["channels", 8, 1, 128, 1],
    ["size", 5, 1, 9, 1],
    ["padding", 0, 0, 4, 1],
  ],
  pool: [["size", 2, 2, 4, 1]],
  dropout: [["rate", 0.25, 0, 0.95, 0.05]],
  "batch norm": [],
  relu: [],
  "leaky relu": [],
  sigmoid: [],
  tanh: [],
  gelu: [],
};

export class LayerList extends HTMLElement {
  #layers = [];
  #list = element("ol", { class: "layers" });

  connectedCallback() {
    if (this.firstChild) return;
    const add = (layer) => this.#change([...this.#layers, layer]);
    this.append(
      element("p", { class: "end small soft", t: "layers.input" }),
      this.#list,
      element("p", { class: "end small soft", t: "layers.output" }),
      element(
        "div",
        { class: "row" },
        element("button", {
          type: "button",
          class: "action",
          t: "layers.add",
          onclick: () => add({ type: "linear", size: 64 }),
        }),
      ),
    );
  }

  get value() {
    return this.#layers;
  }

  set value(layers) {
    this.#layers = layers;
    this.#build();
  }

  #change(layers, focus) {
    this.value = layers;
    this.dispatchEvent(new CustomEvent("change", { bubbles: true }));
    if (focus) this.#list.querySelector(focus)?.focus();
  }

  #build() {
    this.#list.replaceChildren(...this.#layers.map((layer, i) => this.#row(layer, i)));
    translate(this.#list);
  }

  #row(layer, i) {
    const replaced = (other) => this.#layers.map((each, at) => (at === i ? other : each));
    const kind = element(
      "select",
      {
        id: `layer-${i}-type`,
        "aria-label": t("layers.type", { number: i + 1 }),
        onchange: () => {
          const fresh = Object.fromEntries(NUMBERS[kind.value].map(([name, value]) => [name, layer[name] ?? value]));
          this.#change(replaced({ type: kind.value, ...fresh }), `#layer-${i}-type`);
        },
      },
      ...Object.keys(NUMBERS).map((name) => element("option", { value: name, t: `layer.${name}` })),
    );
    kind.value = layer.type;
    const numbers = NUMBERS[layer.type].map(([name, , least, most, step]) => {
      const input = element("input", {
        type: "number",
        min: least,
        max: most,
        step,
        value: layer[name] ?? 0,
        id: `layer-${i}-${name}`,
        title: t(`layers.${name}`),
        "aria-label": t(`layers.${name}`),
        onchange: () => {
          if (input.reportValidity())
            this.#change(replaced({ ...layer, [name]: Number(input.value) }), `#layer-${i}-${name}`);
        },
      });
      return input;
    });
    const moved = (by) => {
      const layers = [...this.#layers];
      [layers[i], layers[i + by]] = [layers[i + by], layers[i]];
      return layers;
    };
    const button = (glyph, key, onclick, disabled) =>
      element(
        "button",
        {
          type: "button",
          class: "quiet",
          disabled,
          "aria-label": t(key, { number: i + 1 }),
          title: t(key, { number: i + 1 }),
          onclick,
        },
        glyph,
      );
    return element(
      "li",
      {},
      kind,
      ...numbers,
      element(
        "span",
        { class: "moves" },
        button("↑", "layers.up", () => this.#change(moved(-1)), i === 0),
        button("↓", "layers.down", () => this.#change(moved(1)), i === this.#layers.length - 1),
        button("✕", "layers.remove", () => this.#change(this.#layers.filter((_, at) => at !== i))),
      ),
    );
  }
}

customElements.define("layer-list", LayerList);
