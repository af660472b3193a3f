// Digits of a set as small pictures; each opens in Inside, with its true label as the label.
import { fetchTensors } from "../api.js";
import { paintInk } from "../components/colour.js";
import { element } from "../element.js";
import { t } from "../i18n.js";
import { store } from "../store.js";

const MOST = 60;

export class DigitGallery extends HTMLElement {
  #asked = 0;
  #shown = null;

  connectedCallback() {
    if (this.#shown) return;
    const repaint = () => this.#shown && this.#paint();
    store.on(["theme", "language"], repaint);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  }

  // `caption(index)` is the line under a picture; `choose(index, label)` is what a click does.
  async show(set, indices, caption, choose) {
    const number = ++this.#asked;
    const some = indices.slice(0, MOST);
    if (!some.length) {
      this.#shown = null;
      this.replaceChildren(element("p", { class: "soft" }, t("mistakes.none")));
      return;
    }
    const found = await fetchTensors(`api/mistakes/digits?set=${set}&indices=${some.join(",")}`);
    if (number !== this.#asked) return;
    this.#shown = {
      set,
      indices: some,
      more: indices.length - some.length,
      caption,
      choose,
      labels: found.manifest.labels,
      pixels: found.tensor("pixels").data,
    };
    this.#paint();
  }

  #paint() {
    const { set, indices, more, caption, choose, labels, pixels } = this.#shown;
    this.replaceChildren(
      element(
        "ul",
        { class: "gallery" },
        ...indices.map((index, i) => {
          const canvas = element("canvas", { class: "cells", "aria-hidden": "true" });
          paintInk(canvas, pixels.subarray(784 * i, 784 * (i + 1)), 28, 28);
          const line = caption(index);
          return element(
            "li",
            {},
            element(
              "button",
              {
                type: "button",
                class: "digitcard",
                "data-index": index,
                "aria-label": t("mistakes.digit", { label: labels[i], index, set: t(`mistakes.set.${set}`), line }),
                onclick: () => choose(index, labels[i]),
              },
              canvas,
              element("span", { class: "small figures" }, line),
            ),
          );
        }),
      ),
      more > 0 ? element("p", { class: "small soft" }, t("mistakes.more", { more })) : "",
    );
  }
}

customElements.define("digit-gallery", DigitGallery);
