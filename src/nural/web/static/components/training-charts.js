// The curves of a training, from what was measured during it.
import { element } from "../element.js";
import { t } from "../i18n.js";
import { percent, plain } from "./colour.js";
import "./line-chart.js";

const EXPLODED = 12; // nats: beyond this loss a linear scale would show nothing else
const NAMES = ["loss", "accuracy", "pinned", "gradients", "updates", "dead"];

export class TrainingCharts extends HTMLElement {
  #charts = {};

  connectedCallback() {
    if (this.firstChild) return;
    for (const name of NAMES) {
      this.#charts[name] = element("line-chart", { class: `card ${name}` });
      this.append(this.#charts[name]);
    }
  }

  // The measurements of a training, its layers, and the epoch of the snapshot that is chosen.
  show(measurements, layers, marker) {
    const curve = (read) =>
      measurements
        .map((measurement) => [measurement.epoch, read(measurement)])
        .filter(([, y]) => y !== null && y !== undefined);
    const draw = (name, chart) =>
      this.#charts[name].show({
        title: t(`chart.${name}`),
        note: t(`chart.${name}.why`),
        marker,
        until: measurements.at(-1)?.epoch,
        ...chart,
      });
    const two = (read) => [
      { name: t("chart.training"), colour: 1, points: curve((measurement) => read(measurement.training)) },
      { name: t("chart.validation"), colour: 0, points: curve((measurement) => read(measurement.validation)) },
    ];
    const losses = [
      { name: t("chart.batches"), colour: 2, dashed: true, points: curve((measurement) => measurement.loss) },
      ...two((judged) => judged?.loss),
    ];
    const explodes = losses.some(({ points }) => points.some(([, loss]) => loss > EXPLODED));
    draw("loss", { series: losses, logarithmic: explodes });
    draw("accuracy", { series: two((judged) => judged?.accuracy), range: [0, 1], format: shareText });
    draw("pinned", {
      series: Array.from({ length: 10 }, (_, digit) => ({
        name: String(digit),
        colour: digit,
        points: curve((measurement) => measurement.pinned?.[digit]),
      })),
      range: [0, 1],
      format: shareText,
    });
    const weights = layers.flatMap(({ params }) => params.filter((name) => !name.endsWith(".b")));
    draw("gradients", {
      logarithmic: true,
      series: weights.map((name, i) => ({
        name: titleOf(name, layers),
        colour: i % 10,
        points: curve((measurement) => measurement.gradients?.[name]),
      })),
    });
    const learning = layers.filter(({ params }) => params.length);
    draw("updates", {
      logarithmic: true,
      guide: 1e-3,
      series: learning.map((layer, i) => ({
        name: layerTitle(layer),
        colour: i % 10,
        points: curve((measurement) => measurement.updates?.[layer.name]),
      })),
    });
    const mortal = layers.filter((layer) => layer.can_die);
    this.#charts.dead.hidden = !mortal.length;
    draw("dead", {
      series: mortal.map((layer, i) => ({
        name: layerTitle(layer),
        colour: i % 10,
        points: curve((measurement) => measurement.validation?.dead[layer.name]),
      })),
      range: [0, 1],
      format: shareText,
    });
  }
}

const shareText = (share, digits) => percent(share, digits === 2 ? 0 : 1);
const GREEK = { gamma: "γ", beta: "β" };
const layerTitle = ({ name, type }) => `${name} ${type}`;
const titleOf = (param, layers) => {
  const [place, name] = param.split(".");
  return `${place} ${layers.find((layer) => layer.name === place).type} ${GREEK[name] ?? name}`;
};

export const summary = (measurement) =>
  measurement?.validation
    ? t("train.summary", {
        accuracy: percent(measurement.validation.accuracy),
        loss: plain(measurement.validation.loss),
      })
    : "";

customElements.define("training-charts", TrainingCharts);
