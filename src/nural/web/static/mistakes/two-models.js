// Two networks on one digit, side by side, and the digits of the set on which only one of them is right.
import { fetchJson } from "../api.js";
import { paintInk, percent } from "../components/colour.js";
import "../components/probability-bars.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { menuOf, modelTitle } from "../model-title.js";
import { takeSample } from "../reader.js";
import { store } from "../store.js";
import { answersOf, disagreements } from "./answers.js";
import "./digit-gallery.js";

export class TwoModels extends HTMLElement {
  #asked = 0;
  #active = false;

  connectedCallback() {
    if (this.firstChild) return;
    this.ink = element("canvas", { class: "cells", role: "img", tLabel: "mistakes.ink" });
    this.sides = [this.#side("model"), this.#side("mistakes.other")];
    this.verdict = element("p", { class: "soft" });
    this.find = element("button", {
      class: "action",
      type: "button",
      t: "mistakes.differ",
      onclick: () => this.#findDifferences(),
    });
    this.only = [element("digit-gallery"), element("digit-gallery")];
    this.lists = element(
      "div",
      { class: "twocolumns", hidden: true },
      ...this.only.map((gallery) => element("div", {}, element("h3"), gallery)),
    );
    this.append(
      element("h2", { id: "mistakes-two", t: "mistakes.two" }),
      element("p", { class: "soft", t: "mistakes.two.why" }),
      element(
        "div",
        { class: "versus" },
        element(
          "figure",
          { class: "map" },
          this.ink,
          element("figcaption", { class: "small soft", t: "mistakes.ink" }),
        ),
        ...this.sides.map(({ box }) => box),
      ),
      this.verdict,
      element("div", { class: "row" }, this.find),
      this.lists,
    );
    translate(this);
    store.on(["pixels", "model", "models", "mistakes.other", "language", "theme"], (keys) => {
      if (keys.has("model") || keys.has("mistakes.other")) this.lists.hidden = true;
      this.refresh();
    });
  }

  shown() {
    this.#active = true;
    this.refresh();
  }

  hidden() {
    this.#active = false;
  }

  #side(key) {
    const id = `two-${key.replace(".", "-")}`;
    const select = element("select", { id, onchange: () => store.set({ [key]: select.value }) });
    const bars = element("probability-bars");
    return {
      key,
      select,
      bars,
      box: element(
        "div",
        { class: "side" },
        element(
          "label",
          { class: "choice", for: id },
          element("span", { t: key === "model" ? "mistakes.first" : "mistakes.second" }),
          select,
        ),
        bars,
      ),
    };
  }

  // Beside the page's network the one that was chosen, or one's own, or any other.
  get #names() {
    const first = store.get("model");
    const models = store.get("models").map(({ name }) => name);
    const wanted = [store.get("mistakes.other"), ...["training", ...menuOf(first)].filter((name) => name !== first)];
    return [first, wanted.find((name) => models.includes(name)) ?? first];
  }

  async refresh() {
    if (!this.#active) return;
    const number = ++this.#asked;
    const names = this.#names;
    const pixels = store.get("pixels");
    paintInk(this.ink, pixels ?? new Float32Array(784), 28, 28);
    this.sides.forEach(({ select }, i) => {
      select.replaceChildren(...menuOf(names[i]).map((name) => element("option", { value: name }, modelTitle(name))));
      select.value = names[i];
    });
    this.find.disabled = names[0] === names[1];
    if (!pixels) {
      for (const { bars } of this.sides) bars.show(null);
      this.verdict.textContent = t("draw.nothing");
      return;
    }
    try {
      const read = await Promise.all(
        names.map((name) => fetchJson(`api/read?model=${encodeURIComponent(name)}`, { body: { pixels: [...pixels] } })),
      );
      if (number !== this.#asked) return;
      for (const [i, { probabilities, answer, threshold }] of read.entries())
        this.sides[i].bars.show(probabilities, answer, threshold);
      const said = read.map(({ probabilities, answer }) =>
        answer === null ? "?" : `${answer} (${percent(probabilities[answer])})`,
      );
      this.verdict.textContent =
        names[0] === names[1]
          ? t("mistakes.only.one")
          : t(read[0].answer === read[1].answer ? "mistakes.agree" : "mistakes.disagree", {
              first: said[0],
              second: said[1],
            });
    } catch (error) {
      if (number === this.#asked && error.status) this.verdict.textContent = error.message;
    }
  }

  async #findDifferences() {
    const names = this.#names;
    const set = store.get("mistakes.set");
    this.find.disabled = true;
    try {
      const [first, second] = await Promise.all(names.map((name) => answersOf(name, set)));
      const found = disagreements(first, second);
      this.lists.hidden = false;
      await Promise.all(
        found.map((indices, i) => {
          this.lists.children[i].firstChild.textContent = t("mistakes.right.alone", {
            model: modelTitle(names[i]),
            count: indices.length,
          });
          const wrong = [second, first][i];
          return this.only[i].show(
            set,
            indices,
            (index) => `${wrong.labels[index]} ↛ ${wrong.answers[index]}`,
            (index) => takeSample(set, index),
          );
        }),
      );
    } catch (error) {
      document.dispatchEvent(new CustomEvent("notice", { detail: error.message }));
    } finally {
      this.find.disabled = false;
    }
  }
}

customElements.define("two-models", TwoModels);
