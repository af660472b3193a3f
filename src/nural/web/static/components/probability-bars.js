// Ten bars, one for each digit, with the threshold below which the network is unsure.
import { element } from "../element.js";
import { t } from "../i18n.js";
import { percent } from "./colour.js";

export class ProbabilityBars extends HTMLElement {
  #rows = [];
  #line = element("span", { class: "threshold", "aria-hidden": "true" });
  #legend = element("p", { class: "small soft threshold-legend" });

  connectedCallback() {
    if (this.firstChild) return;
    const list = element("ol", { class: "bars" });
    for (let digit = 0; digit < 10; digit += 1) {
      const fill = element("span", { class: "fill" });
      const figure = element("span", { class: "share figures" }, "–");
      const row = element(
        "li",
        {},
        element("span", { class: "digit" }, String(digit)),
        element("span", { class: "track", "aria-hidden": "true" }, fill),
        figure,
      );
      this.#rows.push({ row, fill, figure });
      list.append(row);
    }
    this.append(element("div", { class: "tracks" }, list, this.#line), this.#legend);
    this.show(null);
  }

  // `probabilities` are ten numbers, or null when there is nothing to read; `answer` is the digit, or null for "?".
  show(probabilities, answer = null, threshold = null) {
    this.#rows.forEach(({ row, fill, figure }, digit) => {
      const share = probabilities ? probabilities[digit] : 0;
      fill.style.transform = `scaleX(${share})`;
      figure.textContent = probabilities ? percent(share) : "–";
      row.classList.toggle("best", digit === answer);
    });
    this.#legend.hidden = threshold === null;
    if (threshold !== null) this.#legend.textContent = t("bars.threshold", { threshold: percent(threshold, 0) });
    this.#line.hidden = threshold === null || !probabilities;
    if (threshold !== null) this.style.setProperty("--threshold", threshold);
  }
}

customElements.define("probability-bars", ProbabilityBars);
