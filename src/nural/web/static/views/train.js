// Train: settings on one side, what happens on the other. The server trains; this shows it and gives orders.
import { fetchJson, fetchTensors } from "../api.js";
import { paintInk, paintSigned, plain } from "../components/colour.js";
import { summary } from "../components/training-charts.js";
import "../components/training-form.js";
import { element } from "../element.js";
import { t, translate } from "../i18n.js";
import { store } from "../store.js";

const FILTERS = 600; // ms between two looks at the filters

class TrainView extends HTMLElement {
  #whole = null; // all the server said last: settings, layers, measurements, snapshots
  #status = { state: "none" };
  #visible = false;
  #chosen = null; // the step of the snapshot that the time-line shows; null is now
  #filtersAt = 0;
  #drawn = false;

  connectedCallback() {
    if (this.firstChild) return;
    const button = (t, onclick, kind = "") =>
      element("button", { type: "button", class: `action ${kind}`, t, onclick });
    this.buttons = {
      start: button("train.start", () => this.#order("start"), "primary"),
      pause: button("train.pause", () => this.#order("pause"), "primary"),
      step: button("train.step", () => this.#order("step")),
      epoch: button("train.epoch", () => this.#order("epoch")),
      create: button("train.create", () => this.#create()),
    };
    this.form = element("training-form", { class: "card" });
    this.form.addEventListener("edit", ({ detail }) => this.#edited(detail));
    this.charts = element("training-charts");
    this.charts.addEventListener("choose", ({ detail }) => this.#chooseNearest(detail));
    this.line = element("p", { class: "status", role: "status" });
    this.hint = element("p", { class: "small soft" });
    this.time = element("input", {
      type: "range",
      min: 0,
      max: 0,
      step: 1,
      tLabel: "train.snapshot",
      oninput: () => this.#choose(Number(this.time.value)),
    });
    this.chosenSnapshot = element("span", { class: "figures" });
    this.back = button("train.back", () => this.#restore());
    this.look = button("train.look", () =>
      store.set({ model: this.#chosen === null ? "training" : `snapshot:${this.#chosen}`, tab: "inside" }),
    );
    this.filters = element("div", { class: "filters" });
    this.pinnedCanvas = element("canvas", { class: "cells", role: "img", tLabel: "train.pinned" });
    this.pinnedNote = element("p", { class: "small soft" });
    this.append(
      element(
        "section",
        { class: "card deck", tLabel: "train.title" },
        element("div", { class: "row" }, ...Object.values(this.buttons)),
        this.line,
        this.hint,
        element(
          "div",
          { class: "snapshots" },
          element("span", { class: "small", t: "train.snapshot" }),
          this.time,
          this.chosenSnapshot,
          this.back,
          this.look,
        ),
      ),
      element(
        "div",
        { class: "bench" },
        this.form,
        element(
          "div",
          { class: "results" },
          this.charts,
          element(
            "section",
            { class: "card", "aria-labelledby": "train-filters" },
            element("h2", { class: "title", id: "train-filters", t: "train.filters" }),
            element("p", { class: "small soft", t: "train.filters.why" }),
            this.filters,
          ),
          element(
            "section",
            { class: "card pin", "aria-labelledby": "train-pin" },
            this.pinnedCanvas,
            element("div", {}, element("h2", { class: "title", id: "train-pin", t: "train.pinned" }), this.pinnedNote),
          ),
        ),
      ),
    );
    translate(this);
    this.#paint();
    store.on(["pixels"], () => this.#pin());
    store.on(["language", "theme"], () => this.#show());
    store.on(["training"], () => this.#heard(store.get("training")));
  }

  async shown() {
    this.#visible = true;
    await this.#guarded(async () => {
      this.form.recipes = await fetchJson("api/recipes");
      if (!this.form.value) this.form.value = this.form.recipes.mlp;
      await this.#refresh();
      await this.#pin();
    });
  }

  hidden() {
    this.#visible = false;
  }

  // -- what the server says ----------------------------------------------------------------------------------

  // An event and the answer to an order may overtake each other: the later one counts.
  #know(status) {
    if ((status.told ?? 0) >= (this.#status.told ?? 0)) this.#status = status;
  }

  #heard(status) {
    const before = this.#status;
    this.#know(status);
    if (status.state === "none" || !this.#visible) return;
    if (status.generation !== this.#whole?.generation) {
      this.#guarded(() => this.#refresh());
      return;
    }
    const { measurements, snapshots } = this.#whole;
    if (status.measurement.step > (measurements.at(-1)?.step ?? -1)) measurements.push(status.measurement);
    if (status.last_snapshot > snapshots.at(-1).step)
      snapshots.push({ step: status.last_snapshot, epoch: status.epoch });
    if (status.state !== before.state && status.state !== "running") this.#guarded(() => this.#refresh());
    this.#show();
  }

  async #refresh() {
    this.#take(await fetchJson("api/training"));
  }

  #take(whole) {
    const anew = whole.generation !== this.#whole?.generation;
    this.#know(whole);
    if (!whole.settings) {
      this.#show();
      return;
    }
    this.#whole = whole;
    if (anew) this.form.value = whole.settings;
    if (!whole.snapshots.some(({ step }) => step === this.#chosen)) this.#chosen = null;
    this.#show();
  }

  // -- orders ------------------------------------------------------------------------------------------------

  async #order(name) {
    await this.#guarded(async () => {
      if (this.#status.state === "none") this.#take(await fetchJson("api/training", { body: this.#settings() }));
      if (this.#status.pinned === null) await this.#pin();
      this.#know(await fetchJson(`api/training/${name}`, { method: "POST" }));
      this.#chosen = null;
      this.#show();
    });
  }

  #settings() {
    const { network, training, ...settings } = this.form.value;
    return settings;
  }

  #create = () =>
    this.#guarded(async () => {
      this.#chosen = null;
      this.#take(await fetchJson("api/training", { body: this.#settings() }));
      await this.#pin();
    });

  #restore = () =>
    this.#guarded(async () => {
      this.#take(await fetchJson(`api/training/snapshots/${this.#chosen}/restore`, { method: "POST" }));
      this.#chosen = null;
      this.#show();
    });

  #edited({ live }) {
    if (!live || this.#status.state === "none") {
      this.#show();
      return;
    }
    const draft = this.form.value;
    this.#guarded(async () => {
      const whole = await fetchJson("api/training", { method: "PATCH", body: live });
      this.#take(whole);
      // what waits for a new training stays
      if (differs({ ...draft, ...live }, whole.settings)) this.form.value = { ...draft, ...live };
      this.#show();
    });
  }

  async #pin() {
    const pixels = store.get("pixels");
    if (!this.#visible || !this.#whole || !pixels || same(pixels, this.#whole.pinned)) return;
    await this.#guarded(async () => this.#take(await fetchJson("api/training/pin", { body: { pixels: [...pixels] } })));
  }

  async #guarded(work) {
    try {
      await work();
    } catch (error) {
      document.dispatchEvent(new CustomEvent("notice", { detail: error.message }));
    }
  }

  // -- the time-line -----------------------------------------------------------------------------------------

  #choose(place) {
    const { snapshots } = this.#whole;
    this.#chosen = place >= snapshots.length - 1 ? null : snapshots[place].step;
    this.#show();
  }

  #chooseNearest(epoch) {
    const distances = this.#whole.snapshots.map((snapshot) => Math.abs(snapshot.epoch - epoch));
    this.#choose(distances.indexOf(Math.min(...distances)));
  }

  // -- the picture -------------------------------------------------------------------------------------------

  #show() {
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => {
      this.#drawn = false;
      this.#paint();
    });
  }

  #paint() {
    const { state, error } = this.#status;
    const running = state === "running";
    const { start, pause, step, epoch, create } = this.buttons;
    [start.hidden, pause.hidden] = [running, !running];
    const nothing = this.#status.state === "none" && this.form.value === null; // the recipes have not arrived yet
    start.disabled = nothing;
    step.disabled = epoch.disabled = running || nothing;
    const waits = this.#whole !== null && this.form.value !== null && differs(this.form.value, this.#whole.settings);
    create.disabled = running || !this.#whole;
    create.classList.toggle("primary", waits && !running);
    this.hint.textContent = waits ? t("train.waits") : t("train.hint");
    const { step: at, epoch: done, epochs } = this.#status;
    const place = this.#whole ? t("train.place", { epoch: plain(done ?? 0), epochs, step: at }) : "";
    this.line.textContent = [t(`train.state.${state}`), place, summary(lastJudged(this.#whole?.measurements)), error]
      .filter(Boolean)
      .join(" · ");
    this.classList.toggle("diverged", state === "diverged");
    this.#paintTime();
    if (!this.#whole) {
      this.charts.show([], [], null);
      this.#paintPinned({ pinned: null });
      return;
    }
    const { measurements, layers, snapshots } = this.#whole;
    this.charts.show(measurements, layers, snapshots.find((each) => each.step === this.#chosen)?.epoch);
    this.#paintPinned(this.#whole);
    if (performance.now() - this.#filtersAt > FILTERS || !running) this.#showFilters();
  }

  #paintTime() {
    const snapshots = this.#whole?.snapshots ?? [];
    const now = snapshots.length - 1;
    const place = this.#chosen === null ? now : snapshots.findIndex(({ step }) => step === this.#chosen);
    this.time.max = Math.max(0, now);
    this.time.value = place;
    this.time.disabled = now < 1;
    const { step, epoch } = snapshots[place] ?? { step: 0, epoch: 0 };
    this.chosenSnapshot.textContent =
      this.#chosen === null ? t("train.now") : t("train.at", { step, epoch: plain(epoch) });
    this.time.setAttribute("aria-valuetext", this.chosenSnapshot.textContent);
    this.back.disabled = this.#chosen === null || this.#status.state === "running";
    this.look.disabled = this.#status.state === "none";
  }

  #paintPinned({ pinned }) {
    this.pinnedCanvas.hidden = !pinned;
    this.pinnedNote.textContent = t(pinned ? "train.pinned.why" : "train.pinned.none");
    if (pinned) paintInk(this.pinnedCanvas, pinned, 28, 28);
  }

  async #showFilters() {
    const key = `${this.#whole.generation} ${this.#status.step} ${store.get("theme")}`;
    if (key === this.filtersOf) return;
    this.filtersOf = key;
    this.#filtersAt = performance.now();
    await this.#guarded(async () => {
      const { tensor } = await fetchTensors("api/training/filters");
      const {
        shape: [count, height, width],
        data,
      } = tensor("filters");
      const size = height * width;
      while (this.filters.children.length > count) this.filters.lastChild.remove();
      while (this.filters.children.length < count)
        this.filters.append(element("canvas", { class: "cells", role: "img" }));
      [...this.filters.children].forEach((canvas, i) => {
        const values = data.subarray(size * i, size * (i + 1));
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        paintSigned(canvas, values, height, width, largest);
        canvas.setAttribute("aria-label", t("train.filter", { number: i + 1, largest: plain(largest) }));
      });
    });
  }
}

const lastJudged = (measurements) => measurements?.findLast((measurement) => measurement.validation);
const same = (a, b) => Boolean(a && b) && a.length === b.length && a.every((value, i) => value === b[i]);

// Whether two settings would make two trainings, apart from what may change while one runs.
function differs(a, b) {
  const names = [
    "layers",
    "initializer",
    "scale",
    "optimizer",
    "schedule",
    "label_smoothing",
    "samples",
    "seed",
    "nesterov",
    "drop_last",
  ];
  return names.some((name) => JSON.stringify(sorted(a[name])) !== JSON.stringify(sorted(b[name])));
}

const sorted = (value) => (Array.isArray(value) ? value.map((each) => Object.entries(each).sort()) : value);

customElements.define("nural-train", TrainView);
