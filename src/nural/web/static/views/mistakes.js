// Mistakes: which digits are confused, pictures of them, how sure the network was, and what another network says.
import { fetchJson } from "../api.js";
import { percent } from "../components/colour.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { answersOf, behind, coverage } from "../mistakes/answers.js";
import "../mistakes/confusion-matrix.js";
import "../mistakes/coverage-chart.js";
import "../mistakes/digit-gallery.js";
import "../mistakes/two-models.js";
import { takeSample } from "../reader.js";
import { numberFrom, oneOf, store } from "../store.js";

const SETS = ["test", "validation"];
const SIZE = 10000; // of either set
const PROGRESS = 400; // ms between two questions how far it is
const decodeCell = (text) =>
  /^\d\d$/.test(text) && text[0] !== text[1] ? { label: Number(text[0]), answer: Number(text[1]) } : undefined;

store.set({ "mistakes.set": "test", "mistakes.cell": null, "mistakes.threshold": null, "mistakes.other": null });
store.inAddress("mistakes.set", (set) => (set === "test" ? "" : set), oneOf(...SETS), "set");
store.inAddress("mistakes.cell", ({ label, answer }) => `${label}${answer}`, decodeCell, "confused");
store.inAddress("mistakes.threshold", String, numberFrom(0, 1), "threshold");
store.inAddress("mistakes.other", String, (text) => text || undefined, "other");

class MistakesView extends HTMLElement {
  #asked = 0;
  #active = false;
  #found = null;

  connectedCallback() {
    if (this.firstChild) return;
    this.set = element(
      "select",
      { id: "mistakes-set", onchange: () => store.set({ "mistakes.set": this.set.value, "mistakes.cell": null }) },
      ...SETS.map((name) => element("option", { value: name, t: `mistakes.set.${name}` })),
    );
    this.summary = element("p", { class: "summary", role: "status" });
    this.progress = element("progress", { max: SIZE, value: 0, hidden: true, tLabel: "mistakes.progress" });
    this.matrix = element("confusion-matrix");
    this.heading = element("h2", { id: "mistakes-digits", tabindex: "-1", t: "mistakes.behind" });
    this.hint = element("p", { class: "soft" });
    this.gallery = element("digit-gallery");
    this.chart = element("coverage-chart");
    this.two = element("two-models", { class: "card", role: "region", "aria-labelledby": "mistakes-two" });
    this.append(
      element(
        "div",
        { class: "confusion" },
        element(
          "section",
          { class: "card", "aria-labelledby": "mistakes-title" },
          element(
            "div",
            { class: "row spread" },
            element("h2", { id: "mistakes-title", t: "mistakes.title" }),
            element(
              "label",
              { class: "choice", for: "mistakes-set" },
              element("span", { t: "mistakes.set" }),
              this.set,
            ),
          ),
          this.summary,
          this.progress,
          this.matrix,
          element("p", { class: "small soft", t: "mistakes.why" }),
        ),
        element(
          "section",
          { class: "card", "aria-labelledby": "mistakes-digits" },
          this.heading,
          this.hint,
          this.gallery,
        ),
      ),
      element(
        "section",
        { class: "card coverage", "aria-labelledby": "mistakes-coverage" },
        element(
          "div",
          {},
          element("h2", { id: "mistakes-coverage", t: "mistakes.sure" }),
          element("p", { class: "soft", t: "mistakes.sure.why" }),
        ),
        this.chart,
      ),
      this.two,
    );
    translate(this);
    store.on(["model", "mistakes.set"], () => this.#load());
    store.on(["mistakes.cell", "language"], () => this.#show());
  }

  shown() {
    this.#active = true;
    this.#load();
    this.two.shown();
  }

  hidden() {
    this.#active = false;
    this.two.hidden();
  }

  async #load() {
    const model = store.get("model");
    this.set.value = store.get("mistakes.set");
    if (!this.#active || !model) return;
    const number = ++this.#asked;
    this.classList.add("loading");
    this.summary.textContent = t("mistakes.loading");
    const asking = setInterval(() => this.#showProgress(model, number), PROGRESS);
    try {
      const found = await answersOf(model, store.get("mistakes.set"));
      if (number === this.#asked) this.#found = found;
    } catch (error) {
      document.dispatchEvent(new CustomEvent("notice", { detail: error.message }));
    } finally {
      clearInterval(asking);
    }
    if (number !== this.#asked) return;
    this.classList.remove("loading");
    this.progress.hidden = true;
    if (this.#found) this.#show();
    else this.summary.textContent = t("mistakes.failed");
  }

  async #showProgress(model, number) {
    const query = `model=${encodeURIComponent(model)}&set=${store.get("mistakes.set")}`;
    const { read } = await fetchJson(`api/mistakes/progress?${query}`).catch(() => ({ read: 0 }));
    if (number !== this.#asked || !this.classList.contains("loading")) return;
    this.progress.hidden = false;
    this.progress.value = read;
    this.summary.textContent = t("mistakes.reading.set", {
      read: read.toLocaleString("en"),
      all: SIZE.toLocaleString("en"),
    });
  }

  #show() {
    const found = this.#found;
    if (!found) return;
    const set = store.get("mistakes.set");
    const cell = store.get("mistakes.cell");
    const wrong = found.labels.reduce((count, label, i) => count + Number(label !== found.answers[i]), 0);
    this.summary.textContent = t("mistakes.summary", {
      right: (found.labels.length - wrong).toLocaleString("en"),
      all: found.labels.length.toLocaleString("en"),
      share: percent(1 - wrong / found.labels.length, 2),
      wrong,
    });
    this.matrix.show(found.confusion, cell);
    this.chart.show(coverage(found), found.threshold);
    this.hint.textContent = t(cell ? "mistakes.open" : "mistakes.choose");
    this.heading.textContent = cell ? t("mistakes.taken", cell) : t("mistakes.behind");
    const indices = cell ? behind(found, cell.label, cell.answer) : surest(found);
    this.gallery
      .show(
        set,
        indices,
        (index) =>
          cell
            ? percent(found.confidence[index])
            : `${found.labels[index]} → ${found.answers[index]}  ${percent(found.confidence[index], 0)}`,
        (index, label) => open(set, index, label),
      )
      .catch((error) => {
        this.hint.textContent = error.message;
      });
  }
}

// All mistakes, the surest first: those that no threshold would hold back.
function surest({ labels, answers, confidence }) {
  const wrong = [...labels.keys()].filter((i) => labels[i] !== answers[i]);
  return wrong.sort((a, b) => confidence[b] - confidence[a]);
}

// See a digit Inside, with what it is as the label: where should the network have looked?
async function open(set, index, label) {
  await takeSample(set, index);
  store.set({ label, tab: "inside" });
}

customElements.define("nural-mistakes", MistakesView);
