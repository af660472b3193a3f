// Curves over the epochs, as SVG: each with its name at its end, a scale that says whether it is logarithmic, a marker
// at a snapshot that was chosen, and the table of its numbers.
import { element, svg } from "../element.js";
import { t } from "../i18n.js";
import { plain } from "./colour.js";
import { textTable } from "./text-table.js";

const HEIGHT = 210;
const EDGE = { top: 10, right: 112, bottom: 26, left: 50 };
const MOST_POINTS = 400;
const ROWS = 14;
const DECADES = 7; // the most that a logarithmic scale shows
const ABOVE = 4; // decades above the middle of all values: what diverges goes on at the upper edge

export class LineChart extends HTMLElement {
  #chart = { series: [], title: "", format: plain };
  #drawing = svg("svg", { role: "img", height: HEIGHT });
  #title = element("h2", { class: "title" });
  #note = element("p", { class: "small soft note" });
  #table = textTable(() => this.#rows());

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#title, this.#drawing, this.#note, this.#table);
    new ResizeObserver(() => this.#draw()).observe(this);
    this.#drawing.addEventListener("pointermove", (event) => this.#point(event));
    this.#drawing.addEventListener("pointerleave", () => this.#say(null));
    this.#drawing.addEventListener("click", (event) => {
      const x = this.#epochAt(event);
      if (x !== null) this.dispatchEvent(new CustomEvent("choose", { detail: x, bubbles: true }));
    });
  }

  // {title, note, series: [{name, points: [[x, y]], colour: 0…9, dashed}], logarithmic, range: [low, high], guide,
  //  format, marker: x, until: the last x}
  show(chart) {
    this.#chart = { format: plain, ...chart };
    this.#title.textContent = chart.title;
    this.#draw();
    this.#table.refresh();
  }

  #visible() {
    return this.#chart.series.map((one) => ({
      ...one,
      points: thinned(one.points.filter(([, y]) => Number.isFinite(y) && (!this.#chart.logarithmic || y > 0))),
    }));
  }

  #draw() {
    const style = getComputedStyle(this);
    const width = this.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (!(width > 0)) return;
    const series = this.#visible();
    const empty = !series.some(({ points }) => points.length);
    const { logarithmic, marker, guide, format } = this.#chart;
    const scale = scales(series, this.#chart, width);
    this.scale = scale;
    this.#drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#drawing.setAttribute("width", width);
    this.#drawing.setAttribute("aria-label", `${this.#chart.title}. ${this.#latest(series)}`);
    const parts = [];
    for (const value of empty ? [] : scale.yTicks) {
      const y = scale.y(value);
      parts.push(svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y, y2: y }));
      const text = written(value, scale.yTicks, format);
      parts.push(svg("text", { class: "tick y", x: EDGE.left - 7, y: y + 4, "text-anchor": "end" }, text));
    }
    for (const value of empty ? [] : scale.xTicks) {
      const text = written(value, scale.xTicks, plain);
      parts.push(svg("text", { class: "tick x", x: scale.x(value), y: HEIGHT - 8, "text-anchor": "middle" }, text));
    }
    if (guide && !empty)
      parts.push(
        svg("line", { class: "guide", x1: EDGE.left, x2: width - EDGE.right, y1: scale.y(guide), y2: scale.y(guide) }),
      );
    for (const { points, colour, dashed } of series) {
      if (!points.length) continue;
      const path = points
        .map(([x, y], i) => `${i ? "L" : "M"}${scale.x(x).toFixed(1)},${scale.y(y).toFixed(1)}`)
        .join("");
      parts.push(svg("path", { class: `curve series-${colour}${dashed ? " dashed" : ""}`, d: path }));
      if (points.length === 1)
        parts.push(
          svg("circle", {
            class: `dot series-${colour}`,
            cx: scale.x(points[0][0]),
            cy: scale.y(points[0][1]),
            r: 2.5,
          }),
        );
    }
    if (empty)
      parts.push(
        svg("text", { class: "tick", x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, t("chart.empty")),
      );
    parts.push(...labels(series, scale, width));
    if (marker !== null && marker !== undefined) {
      parts.push(
        svg("line", {
          class: "marker",
          x1: scale.x(marker),
          x2: scale.x(marker),
          y1: EDGE.top,
          y2: HEIGHT - EDGE.bottom,
        }),
      );
    }
    this.#drawing.replaceChildren(...parts);
    this.#scaleName = t(logarithmic ? "chart.log" : "chart.linear");
    if (scale.beyond) this.#scaleName += ` ${t("chart.beyond", { largest: format(scale.beyond, 2) })}`;
    this.#say(null);
  }

  #scaleName = "";

  #latest = (series) =>
    series
      .filter(({ points }) => points.length)
      .map(({ name, points }) => `${name} ${this.#chart.format(points.at(-1)[1])}`)
      .join(", ");

  #epochAt(event) {
    if (!this.scale) return null;
    const { left } = this.#drawing.getBoundingClientRect();
    return this.scale.epoch(event.clientX - left);
  }

  // Under the chart: the numbers beneath the pointer, or what the chart is.
  #say(epoch) {
    const { note = "", series, format } = this.#chart;
    if (epoch === null) {
      this.#note.textContent = `${note} ${t("chart.over")} ${this.#scaleName}`.trim();
      return;
    }
    const values = series
      .filter(({ points }) => points.length)
      .map(({ name, points }) => `${name} ${format(nearest(points, epoch)[1])}`);
    this.#note.textContent = `${t("chart.epoch", { epoch: plain(epoch) })} ${values.join(" · ")}`;
  }

  #point(event) {
    const epoch = this.#epochAt(event);
    if (epoch !== null) this.#say(epoch);
  }

  #rows() {
    const { series, format } = this.#chart;
    const epochs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
    const step = Math.max(1, Math.ceil(epochs.length / ROWS));
    const chosen = epochs.filter((_, i) => (epochs.length - 1 - i) % step === 0);
    const value = (points, epoch) => points.find(([x]) => x === epoch)?.[1];
    return {
      columns: [t("chart.epoch.column"), ...series.map(({ name }) => name)],
      rows: chosen.map((epoch) => [
        plain(epoch),
        ...series.map(({ points }) => {
          const found = value(points, epoch);
          return found === undefined || found === null ? "" : format(found);
        }),
      ]),
    };
  }
}

const nearest = (points, epoch) =>
  points.reduce((best, point) => (Math.abs(point[0] - epoch) < Math.abs(best[0] - epoch) ? point : best));

function thinned(points) {
  const step = Math.ceil(points.length / MOST_POINTS);
  return step > 1 ? points.filter((_, i) => i % step === 0 || i === points.length - 1) : points;
}

function scales(series, { logarithmic, range, until }, width) {
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const last = until || Math.max(...xs, 1e-9);
  let [low, high] = range ?? [Math.min(...ys, 0), Math.max(...ys, 1e-9)];
  const largest = Math.max(...ys, 1e-9);
  if (logarithmic) {
    const middle = ys.length ? [...ys].sort((a, b) => a - b)[ys.length >> 1] : largest;
    high = Math.min(10 ** Math.ceil(Math.log10(largest)), 10 ** (Math.ceil(Math.log10(middle)) + ABOVE));
    low = Math.max(10 ** Math.floor(Math.log10(Math.min(...ys, high / 10))), high / 10 ** DECADES);
  }
  const along = (value) =>
    logarithmic ? Math.log10(Math.max(value, low) / low) / Math.log10(high / low) : (value - low) / (high - low);
  const [innerWidth, innerHeight] = [width - EDGE.left - EDGE.right, HEIGHT - EDGE.top - EDGE.bottom];
  return {
    beyond: largest > high ? largest : null,
    x: (value) => EDGE.left + (value / last) * innerWidth,
    y: (value) => EDGE.top + (1 - Math.min(1, Math.max(0, along(value)))) * innerHeight,
    epoch: (x) => Math.min(last, Math.max(0, ((x - EDGE.left) / innerWidth) * last)),
    xTicks: ticks(0, last, Math.max(2, Math.round(innerWidth / 90))),
    yTicks: logarithmic ? decades(low, high) : ticks(low, high, 4),
  };
}

// A tick with as many digits as all of them need, so that none is written like another.
function written(value, ticks, format) {
  const exact = (digits) => ticks.every((tick) => Number(tick.toPrecision(digits)) === tick);
  return format(value, [2, 3, 4, 5, 6].find(exact) ?? 2);
}

function decades(low, high) {
  const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
  const step = Math.ceil((to - from) / 5);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => 10 ** (to - i * step));
}

function ticks(low, high, count) {
  const rough = (high - low) / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((each) => each >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high * (1 + 1e-9); value += step)
    found.push(Number(value.toPrecision(6)));
  return found;
}

// Names beside the ends of the curves, pushed apart where they would lie on each other.
function labels(series, scale, width) {
  const ends = series
    .filter(({ points }) => points.length)
    .map(({ name, colour, points }) => ({ name, colour, y: scale.y(points.at(-1)[1]) + 4 }))
    .sort((a, b) => a.y - b.y);
  const gap = Math.min(13, (HEIGHT - EDGE.top) / Math.max(1, ends.length));
  for (let i = 1; i < ends.length; i += 1) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + gap);
  const over = (ends.at(-1)?.y ?? 0) - (HEIGHT - EDGE.bottom + 8);
  if (over > 0) {
    ends.at(-1).y -= over;
    for (let i = ends.length - 2; i >= 0; i -= 1) ends[i].y = Math.min(ends[i].y, ends[i + 1].y - gap);
  }
  return ends.map(({ name, colour, y }) =>
    svg("text", { class: `label series-${colour}`, x: width - EDGE.right + 8, y }, name),
  );
}

customElements.define("line-chart", LineChart);
