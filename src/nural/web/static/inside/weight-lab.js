// One weight: every place where it was used, the proof of its gradient, and a slider that moves it.
import { plain, signed } from "../components/colour.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";
import { whereFrom } from "./cell-explanation.js";
import { fieldPicture } from "./channel-map.js";
import { choose, inside } from "./layer-lanes.js";
import "./loss-curve.js";
import { termTable, weightName } from "./term-table.js";
import { tracer } from "./tracer.js";

const TERMS = 6;
const POINTS = 81;
const SPANS = { near: 0.1, middle: 1, far: 5 }; // to each side, in sizes of the weight

export class WeightLab extends HTMLElement {
  #asked = 0;
  #terms = TERMS;
  #weight = null;
  #curve = null;
  #span = "middle";

  connectedCallback() {
    if (this.firstChild) return;
    this.heading = element("h2", { id: "inside-weight", tabindex: "-1", t: "inside.weight.title" });
    this.uses = element("div", { class: "uses" });
    this.proof = element("output", { class: "proof" });
    this.prove = element("button", {
      class: "action primary",
      type: "button",
      disabled: true,
      t: "inside.prove",
      onclick: () => this.#prove(),
    });
    this.slider = element("input", {
      type: "range",
      disabled: true,
      min: 0,
      max: POINTS - 1,
      step: 1,
      value: (POINTS - 1) / 2,
      id: "inside-slider",
      oninput: () => this.#move(),
    });
    this.reading = element("output", { class: "reading figures", for: "inside-slider" });
    this.curve = element("loss-curve");
    this.span = element(
      "select",
      {
        id: "inside-span",
        onchange: () => {
          this.#span = this.span.value;
          this.#loadCurve();
        },
      },
      ...Object.keys(SPANS).map((name) =>
        element("option", { value: name, t: `inside.span.${name}`, selected: name === this.#span }),
      ),
    );
    this.lab = element(
      "div",
      { class: "weightlab", hidden: true },
      this.uses,
      element(
        "div",
        { class: "trial" },
        element("h3", { t: "inside.prove.title" }),
        element("p", { class: "small soft", t: "inside.prove.why" }),
        this.prove,
        this.proof,
        element("h3", { t: "inside.move.title" }),
        element("p", { class: "small soft", t: "inside.move.why" }),
        this.curve,
        element("label", { class: "brush", for: "inside-slider" }, element("span", { t: "inside.move" }), this.slider),
        element(
          "div",
          { class: "row spread" },
          this.reading,
          element("label", { class: "choice", for: "inside-span" }, element("span", { t: "inside.span" }), this.span),
        ),
      ),
    );
    this.hint = element("p", { class: "soft" });
    this.append(this.heading, this.hint, this.lab);
    translate(this);
    store.on(["inside.weight"], (keys) => {
      this.#terms = TERMS;
      this.refresh();
      if (keys.has("inside.weight") && store.get("inside.weight")) this.heading.focus({ preventScroll: false });
    });
    store.on(["language", "theme"], () => this.refresh());
    this.refresh();
  }

  async refresh() {
    const weight = store.get("inside.weight");
    const ready = weight && tracer.trace && tracer.trace.label !== null && known(weight);
    this.lab.hidden = !ready;
    this.hint.textContent = weight && tracer.trace?.label === null ? t("inside.no.label") : t("inside.weight.hint");
    this.hint.hidden = Boolean(ready);
    this.heading.textContent = weight
      ? `${t("inside.weight.title")} ${weightName({ parameter: weight.name, entry: weight.index })}`
      : t("inside.weight.title");
    if (!ready) return;
    const number = ++this.#asked;
    this.proof.replaceChildren();
    this.prove.disabled = this.slider.disabled = true;
    try {
      const found = await tracer.ask("weight", { parameter: weight.name, index: weight.index, terms: this.#terms });
      if (number !== this.#asked) return;
      this.#weight = found;
      this.prove.disabled = false;
      this.#showUses(found);
      await this.#loadCurve();
    } catch (error) {
      // without a server what was there stays
      if (number === this.#asked && error.status)
        this.uses.replaceChildren(element("p", { class: "soft" }, error.message));
    }
  }

  #place = () => ({ parameter: this.#weight.parameter, index: this.#weight.entry });

  #showUses(found) {
    const facts = element("p", {}, "w = ", number(found.value), " · ∂L/∂w = ", number(found.gradient, "gradient"));
    const parts = [facts];
    if (found.sum) {
      parts.push(
        element("p", { class: "small soft" }, t("inside.uses", { count: found.sum.count, zeros: found.sum.zeros })),
      );
      if (found.picture.products.length > 1)
        parts.push(
          fieldPicture([...found.picture.shape, 1], found.picture.products, { caption: t("inside.uses.picture") }),
        );
      parts.push(
        termTable({
          sum: found.sum,
          caption: t("inside.caption.uses"),
          factors: [t("inside.used"), "x", "δ"],
          product: "x · δ",
          total: "∂L/∂w",
          where: whereFrom,
          onCell: ({ step, index }) => choose(step, index),
          onMore: () => {
            this.#terms *= 8;
            this.refresh();
          },
        }),
      );
    }
    this.uses.replaceChildren(...parts);
  }

  async #prove() {
    this.prove.disabled = true;
    try {
      const found = await tracer.ask("proof", this.#place());
      const kinks = Object.values(found.kinks).reduce((all, count) => all + count, 0);
      const said = t(kinks ? "inside.proof.kinks" : "inside.proof.agree", {
        error: plain(found.relative_error, 2),
        kinks,
      });
      this.proof.replaceChildren(
        element(
          "table",
          {},
          element(
            "tbody",
            {},
            line(t("inside.proof.backward"), signed(found.gradient, 10), found.gradient),
            line(t("inside.proof.difference", { h: plain(found.h, 2) }), signed(found.slope, 10), found.slope),
            line(t("inside.proof.error"), plain(found.relative_error, 2), found.relative_error, "error"),
          ),
        ),
        element("p", { class: kinks ? "warning" : "agree" }, said),
        found.skipped.length && !kinks
          ? element(
              "p",
              { class: "small soft" },
              t("inside.proof.skipped", { h: plain(found.skipped.at(-1).h, 2), kinks: found.skipped.at(-1).kinks }),
            )
          : "",
      );
      document.dispatchEvent(new CustomEvent("announce", { detail: said }));
    } catch (error) {
      this.proof.replaceChildren(element("p", { class: "warning" }, error.message));
    } finally {
      this.prove.disabled = false;
    }
  }

  async #loadCurve() {
    const size = Math.max(Math.abs(this.#weight.value), 0.05);
    const number = this.#asked;
    const curve = await tracer.ask("curve", { ...this.#place(), span: size * SPANS[this.#span], points: POINTS });
    if (number !== this.#asked) return;
    this.#curve = curve;
    this.slider.disabled = false;
    this.slider.value = (POINTS - 1) / 2;
    this.#move();
  }

  #move() {
    const at = this.#curve.weights[Number(this.slider.value)];
    this.curve.show(this.#curve, at);
    const { true: loss, predicted } = this.curve.reading;
    this.slider.setAttribute("aria-valuetext", t("inside.move.value", { w: signed(at, 4), loss: plain(loss, 5) }));
    this.reading.textContent = t("inside.move.reading", {
      w: signed(at, 4),
      loss: plain(loss, 5),
      predicted: signed(predicted, 5),
    });
  }
}

// Whether the network that is looked at has such a weight.
function known({ name, index }) {
  const shape = tracer.trace.layers.map(({ params }) => params[name]).find(Boolean);
  return Boolean(shape) && inside(index, shape);
}

const number = (value, name = "value") =>
  element(
    "span",
    {
      class: `figures ${value < 0 ? "negative" : value > 0 ? "positive" : ""}`,
      "data-name": name,
      "data-value": value,
    },
    signed(value, 5),
  );
const line = (name, text, value, key = "") =>
  element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    element("td", { class: "number figures", "data-name": key, "data-value": value }, text),
  );

customElements.define("weight-lab", WeightLab);
