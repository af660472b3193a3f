// One step of gradient descent on this one image: what the gradient predicts, what it does, to this digit and
// to others.

import { fetchJson } from "../api.js";
import { percent, plain, signed } from "../components/colour.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";
import { tracer } from "./tracer.js";

// The slider's powers of ten: by which share of the loss the step is predicted to lower it. At 1% the prediction holds
// within some percent; at 100% the tangent comes to 0, and beyond there is no such loss.
const SHARES = { least: -3, most: 1.5, start: -2 };
const HOLDS = 0.1; // relative error up to which a prediction is said to hold

export class StepLab extends HTMLElement {
  #taken = null;
  #accuracy = new Map(); // by network's weights

  connectedCallback() {
    if (this.firstChild) return;
    this.rate = element("input", {
      type: "range",
      min: SHARES.least,
      max: SHARES.most,
      step: 0.05,
      value: SHARES.start,
      id: "inside-rate",
      oninput: () => this.#showRate(),
    });
    this.figure = element("output", { class: "small figures", for: "inside-rate" });
    this.take = element("button", {
      class: "action primary",
      type: "button",
      t: "inside.step.take",
      onclick: () => this.#take(),
    });
    this.undo = element("button", {
      class: "action",
      type: "button",
      t: "inside.step.undo",
      disabled: true,
      onclick: () => this.#undo(),
    });
    this.result = element("div", { class: "result" });
    this.append(
      element("h2", { id: "inside-steplab", t: "inside.step.title" }),
      element("p", { class: "soft", t: "inside.step.why" }),
      element(
        "label",
        { class: "brush rate", for: "inside-rate" },
        element("span", { t: "inside.step.rate" }),
        this.rate,
      ),
      this.figure,
      element("div", { class: "row" }, this.take, this.undo),
      this.result,
    );
    translate(this);
    store.on(["inside.stepped"], () => {
      if (!store.get("inside.stepped")) this.#forget();
    });
    store.on(["language"], () => {
      this.#showRate();
      this.#show();
    });
    this.refresh();
  }

  refresh() {
    this.take.disabled = this.rate.disabled = !(this.#eta > 0);
    this.#showRate();
  }

  get #share() {
    return 10 ** Number(this.rate.value);
  }

  // The rate at which the tangent lowers the loss by the share that is chosen; 0 where there is no tangent.
  get #eta() {
    const { loss, squared_norm: squared } = tracer.trace ?? {};
    return loss > 0 && squared > 0 ? (this.#share * loss) / squared : 0;
  }

  #showRate() {
    const { trace } = tracer;
    let text = "";
    if (this.#eta > 0) {
      const key = this.#share > 1 ? "inside.step.beyond" : "inside.step.ahead";
      text = t(key, {
        rate: plain(this.#eta, 2),
        predicted: signed(-this.#share * trace.loss),
        share: percent(this.#share, this.#share < 0.1 ? 1 : 0),
      });
    } else if (trace) text = t(trace.label === null ? "inside.no.label" : "inside.step.nothing");
    this.figure.textContent = text;
    this.rate.setAttribute("aria-valuetext", text);
  }

  async #take() {
    this.take.disabled = true;
    const question = () => [tracer.network, store.get("pixels"), store.get("label")];
    const asked = question();
    try {
      const found = await tracer.ask("step", { rate: this.#eta });
      const now = question();
      if (asked.some((value, i) => value !== now[i])) return; // it is a step of what was there before
      this.#taken = { ...found, from: asked[0], first: this.#taken?.first ?? found.weights[0] };
      store.set({ "inside.stepped": found.model });
      this.#show();
      document.dispatchEvent(
        new CustomEvent("announce", {
          detail: t("inside.step.say", { predicted: signed(found.predicted), true: signed(found.true) }),
        }),
      );
      await this.#judge(found);
    } catch (error) {
      document.dispatchEvent(new CustomEvent("notice", { detail: error.message }));
    } finally {
      this.refresh();
    }
  }

  // How both networks read a thousand other digits.
  async #judge({ weights, model }) {
    const taken = this.#taken;
    for (const [digest, network] of [
      [weights[0], taken.from],
      [weights[1], model],
    ]) {
      if (!this.#accuracy.has(digest))
        this.#accuracy.set(
          digest,
          await fetchJson(`api/inside/accuracy?model=${encodeURIComponent(network)}`, { method: "POST", body: {} }),
        );
    }
    if (taken === this.#taken) this.#show();
  }

  async #undo() {
    const { first } = this.#taken;
    this.#taken = null;
    store.set({ "inside.stepped": null });
    // the first to arrive may still be of the network after the step
    do await new Promise((resolve) => tracer.addEventListener("trace", resolve, { once: true }));
    while (tracer.asking);
    const same = tracer.trace?.weights === first;
    const said = t(same ? "inside.step.undone" : "inside.step.other", { weights: first });
    this.result.replaceChildren(
      element("p", { class: same ? "agree" : "warning", "data-weights": tracer.trace?.weights }, said),
    );
    document.dispatchEvent(new CustomEvent("announce", { detail: said }));
  }

  #forget() {
    this.#taken = null;
    this.undo.disabled = true;
    this.result.replaceChildren();
  }

  #show() {
    const taken = this.#taken;
    this.undo.disabled = !taken;
    if (!taken) return;
    const share = (weights) => {
      const found = this.#accuracy.get(weights);
      return found ? percent(found.correct / found.of) : "…";
    };
    const row = (name, before, after, more = {}) =>
      element(
        "tr",
        more,
        element("th", { scope: "row" }, name),
        element("td", { class: "number figures" }, before),
        element("td", { class: "number figures" }, after),
      );
    this.result.replaceChildren(
      element(
        "dl",
        { class: "facts" },
        fact(t("inside.step.predicted"), signed(taken.predicted, 4), taken.predicted, "predicted"),
        fact(t("inside.step.true"), signed(taken.true, 4), taken.true, "true"),
        fact("‖g‖²", plain(taken.squared_norm, 4), taken.squared_norm, "norm"),
      ),
      verdict(taken),
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("td", {}),
            element("th", { scope: "col", class: "number" }, t("inside.before")),
            element("th", { scope: "col", class: "number" }, t("inside.after")),
          ),
        ),
        element(
          "tbody",
          {},
          row(t("inside.loss"), plain(taken.losses[0], 5), plain(taken.losses[1], 5)),
          row(t("inside.step.others"), share(taken.weights[0]), share(taken.weights[1]), { class: "others" }),
          row(t("inside.step.bits"), taken.weights[0].slice(0, 8), taken.weights[1].slice(0, 8)),
        ),
      ),
      pairs(taken.probabilities),
    );
  }
}

// Whether the tangent was still the loss at the end of the step.
function verdict({ predicted, true: change }) {
  const error = Math.abs(change - predicted) / Math.abs(predicted);
  const holds = change !== null && error <= HOLDS;
  const text = t(holds ? "inside.step.holds" : "inside.step.ends", {
    error: percent(error),
    share: percent(change / predicted, 0),
  });
  return element("p", { class: `verdict-of-step ${holds ? "agree" : "warning"}` }, text);
}

const fact = (name, text, value, key) =>
  element(
    "div",
    {},
    element("dt", {}, name),
    element("dd", { class: "figures", "data-name": key, "data-value": value }, text),
  );

// Two bars per digit: before the step, and after.
function pairs([before, after]) {
  const bar = (share, name) => {
    const fill = element("span", { class: `pairfill ${name}` });
    fill.style.transform = `scaleX(${share ?? 0})`;
    return element("span", { class: "pairtrack" }, fill);
  };
  return element(
    "ol",
    { class: "pairs", "aria-label": t("inside.step.bars") },
    ...before.map((share, digit) =>
      element(
        "li",
        {},
        element("span", { class: "digit" }, String(digit)),
        element("span", { class: "pair", "aria-hidden": "true" }, bar(share, "before"), bar(after[digit], "after")),
        element("span", { class: "figures small" }, `${percent(share ?? 0)} → ${percent(after[digit] ?? 0)}`),
      ),
    ),
  );
}

customElements.define("step-lab", StepLab);
