// The settings of a training: a recipe, or the user's own layers and numbers. Some of it may change while the training runs.
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import "./layer-list.js";

const CHOICES = {
  optimizer: ["sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta"],
  schedule: ["constant", "one cycle", "step decay"],
  initializer: ["he", "glorot", "normal", "torch"],
};
// Name, least, most, step.
const NUMBERS = {
  learning_rate: [0, 1000, "any"],
  batch_size: [2, 1024, 1],
  epochs: [1, 1000, 1],
  momentum: [0, 0.999, "any"],
  weight_decay: [0, 1, "any"],
  samples: [10, 50000, 1],
  augmentation: [0, 1, "any"],
  variants: [0, 1, "any"],
  outliers: [0, 1, "any"],
  seed: [0, 4294967295, 1],
  scale: [0, 100, "any"],
  label_smoothing: [0, 0.9, "any"],
};
const LIVE = ["learning_rate", "batch_size", "epochs", "momentum", "weight_decay"];
const RATES = [-5, 1]; // the slider's powers of ten

export class TrainingForm extends HTMLElement {
  #settings = null;
  #fields = {};
  recipes = {};

  connectedCallback() {
    if (this.firstChild) return;
    this.recipe = element("select", { id: "recipe", onchange: () => this.#takeRecipe() });
    this.layers = element("layer-list", {
      onchange: (event) => {
        event.stopPropagation();
        this.#edit("layers", this.layers.value);
      },
    });
    this.slider = element("input", {
      type: "range",
      min: RATES[0],
      max: RATES[1],
      step: 0.05,
      tLabel: "train.rate.slider",
      oninput: () => {
        this.#fields.learning_rate.value = Number((10 ** this.slider.value).toPrecision(2));
      },
      onchange: () => this.#edit("learning_rate", Number(this.#fields.learning_rate.value)),
    });
    this.about = element("p", { class: "small soft" });
    this.append(
      element("label", { class: "field wide", for: "recipe" }, element("span", { t: "train.recipe" }), this.recipe),
      this.about,
      element(
        "fieldset",
        {},
        element("legend", { t: "train.live" }),
        this.#field("learning_rate"),
        this.slider,
        this.#field("batch_size"),
        this.#field("epochs"),
        this.#field("momentum"),
        this.#field("weight_decay"),
      ),
      element(
        "fieldset",
        {},
        element("legend", { t: "train.network" }),
        this.layers,
        this.#field("initializer"),
        this.#field("scale"),
      ),
      element(
        "fieldset",
        {},
        element("legend", { t: "train.rest" }),
        this.#field("samples"),
        this.#field("augmentation"),
        this.#field("variants"),
        this.#field("outliers"),
        this.#field("optimizer"),
        this.#field("schedule"),
        this.#field("label_smoothing"),
        this.#field("seed"),
      ),
    );
  }

  #field(name) {
    const label = element("span", { t: `train.${name}` });
    const choices = CHOICES[name];
    const [least, most, step] = NUMBERS[name] ?? [];
    const input = choices
      ? element(
          "select",
          { id: `train-${name}` },
          ...choices.map((choice) => element("option", { value: choice, t: `choice.${choice}` })),
        )
      : element("input", { type: "number", id: `train-${name}`, min: least, max: most, step });
    input.addEventListener("change", () => {
      if (choices) this.#edit(name, input.value);
      else if (input.value !== "" && input.reportValidity()) this.#edit(name, Number(input.value));
    });
    this.#fields[name] = input;
    return element("label", { class: "field", for: `train-${name}` }, label, input);
  }

  get value() {
    return this.#settings;
  }

  // Show settings that the server has, or a recipe's.
  set value(settings) {
    this.#settings = settings;
    const names = ["own", ...Object.keys(this.recipes)];
    this.recipe.replaceChildren(
      ...names.map((name) => element("option", { value: name }, name === "own" ? t("train.own") : name)),
    );
    this.recipe.value = settings.recipe;
    for (const [name, input] of Object.entries(this.#fields)) input.value = settings[name];
    this.slider.value = Math.log10(Math.max(settings.learning_rate, 10 ** RATES[0]));
    this.layers.value = settings.layers;
    this.describe();
    translate(this);
  }

  describe() {
    const chosen = this.recipes[this.#settings?.recipe];
    this.about.textContent = chosen ? t(`recipe.${chosen.recipe}`) : t("train.own.why");
  }

  #takeRecipe() {
    const name = this.recipe.value;
    this.value = name === "own" ? { ...this.#settings, recipe: "own" } : this.recipes[name];
    this.#tell({ name: "recipe" });
  }

  #edit(name, value) {
    this.#settings = { ...this.#settings, [name]: value, recipe: "own" };
    this.recipe.value = "own";
    this.describe();
    if (name === "learning_rate") this.slider.value = Math.log10(Math.max(value, 10 ** RATES[0]));
    this.#tell(LIVE.includes(name) ? { name, live: { [name]: value } } : { name });
  }

  #tell = (detail) => this.dispatchEvent(new CustomEvent("edit", { detail }));
}

customElements.define("training-form", TrainingForm);
