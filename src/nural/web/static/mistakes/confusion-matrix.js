// Ten by ten: what each digit was taken for. A cell with mistakes behind it can be opened.
import { element } from "../element.js";
import { t } from "../i18n.js";
import { store } from "../store.js";

export class ConfusionMatrix extends HTMLElement {
  // `confusion` has the counts, row by row; `chosen` is {label, answer} or null.
  show(confusion, chosen) {
    const largest = Math.max(...confusion.filter((_, i) => i % 11 !== 0), 1);
    const head = element(
      "tr",
      {},
      element("td", { class: "corner" }),
      ...digits((digit) => element("th", { scope: "col" }, String(digit))),
    );
    const rows = digits((label) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, String(label)),
        ...digits((answer) => this.#cell(label, answer, confusion[label * 10 + answer], largest, chosen)),
      ),
    );
    const focused = document.activeElement?.closest?.("confusion-matrix") && document.activeElement.dataset.cell;
    this.replaceChildren(
      element(
        "div",
        { class: "matrixbox" },
        element("span", { class: "axis down small soft", "aria-hidden": "true" }, t("mistakes.true")),
        element("span", { class: "axis across small soft", "aria-hidden": "true" }, t("mistakes.read")),
        element(
          "table",
          { class: "matrix figures" },
          element("caption", { class: "hidden" }, t("mistakes.matrix")),
          element("thead", {}, head),
          element("tbody", {}, ...rows),
        ),
      ),
    );
    if (focused) this.querySelector(`[data-cell="${focused}"]`)?.focus();
  }

  #cell(label, answer, count, largest, chosen) {
    if (label === answer) return element("td", { class: "right" }, String(count));
    if (!count) return element("td", { class: "zero" }, element("span", { class: "hidden" }, "0"));
    const here = chosen?.label === label && chosen?.answer === answer;
    const button = element(
      "button",
      {
        type: "button",
        "data-cell": `${label}${answer}`,
        "aria-pressed": here,
        "aria-label": t("mistakes.cell", { label, answer, count }),
        onclick: () => store.set({ "mistakes.cell": { label, answer } }),
      },
      String(count),
    );
    const share = Math.sqrt(count / largest);
    button.style.setProperty("--share", `${Math.round(8 + 37 * share)}%`);
    return element("td", {}, button);
  }
}

const digits = (make) => Array.from({ length: 10 }, (_, digit) => make(digit));

customElements.define("confusion-matrix", ConfusionMatrix);
