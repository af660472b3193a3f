// One channel of a layer, large: to look at, and to choose a cell from exactly.
import { plain } from "../components/colour.js";
import { smallScreen } from "../components/small-screen.js";
import { element } from "../element.js";
import { store } from "../store.js";
import { choose } from "./layer-lanes.js";
import { paintPlane } from "./palette.js";
import { tracer } from "./tracer.js";

// A figure of `lane` "a" or "d" of a layer's channel with the cell marked; null for rows of numbers.
export function channelMap(layer, index, lane, caption) {
  const name = `${lane}.${layer.name}`;
  if (layer.shape.length !== 3 || !tracer.trace.has(name)) return null;
  const {
    shape: [height, width, channels],
    data,
  } = tracer.trace.tensor(name);
  const channel = index[2];
  if (channel >= channels) return null;
  const scale = (smallScreen.matches ? 148 : 196) / Math.max(height, width);
  const canvas = element("canvas", { "aria-hidden": "true" });
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * scale * ratio);
  canvas.height = Math.round(height * scale * ratio);
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  const openName = `open.${layer.name}`;
  const open = lane === "d" && tracer.trace.has(openName) ? tracer.trace.tensor(openName) : null;
  const largest = (lane === "a" ? layer.activation : layer.gradient)?.largest ?? 0;
  paintPlane(
    canvas.getContext("2d"),
    {
      data,
      channels,
      channel,
      height,
      width,
      largest,
      logarithmic: store.get("inside.log"),
      ink: lane === "a" && layer.kind === "ink",
      open: open?.data,
      openChannels: open?.shape.at(-1),
    },
    { x: 0, y: 0, width: canvas.width, height: canvas.height },
  );
  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const within = (value, side) => Math.min(side - 1, Math.max(0, Math.floor(value / scale)));
    choose(layer.name, [within(offsetY, height), within(offsetX, width), channel]);
  });
  const mark = element("span", { class: "mark" });
  Object.assign(mark.style, {
    left: `${index[1] * scale}px`,
    top: `${index[0] * scale}px`,
    width: `${scale}px`,
    height: `${scale}px`,
  });
  return element(
    "figure",
    { class: "map" },
    element("div", { class: "mapbox" }, canvas, mark),
    element("figcaption", { class: "small soft" }, caption),
  );
}

// Numbers of any shape (h, w, c) as one picture, all channels side by side.
export function fieldPicture(shape, values, { ink = false, caption }) {
  const [height, width, channels] = shape.length === 3 ? shape : [1, shape[0], 1];
  const across = Math.ceil(Math.sqrt(channels * (height / width)));
  const down = Math.ceil(channels / across);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const gap = channels > 1 ? 2 : 0;
  const scale = Math.max(1, Math.min(24, Math.floor((132 - gap * across) / (across * width))));
  const ratio = devicePixelRatio;
  const canvas = element("canvas", { "aria-hidden": "true" });
  const [wide, tall] = [across * (width * scale + gap) - gap, down * (height * scale + gap) - gap];
  canvas.width = wide * ratio;
  canvas.height = tall * ratio;
  canvas.style.width = `${wide}px`;
  canvas.style.height = `${tall}px`;
  const context = canvas.getContext("2d");
  const data = Float32Array.from(values);
  for (let channel = 0; channel < channels; channel += 1) {
    const [x, y] = [(channel % across) * (width * scale + gap), Math.floor(channel / across) * (height * scale + gap)];
    paintPlane(
      context,
      { data, channels, channel, height, width, largest, ink },
      { x: x * ratio, y: y * ratio, width: width * scale * ratio, height: height * scale * ratio },
    );
  }
  return element(
    "figure",
    { class: "map" },
    element("div", { class: "mapbox" }, canvas),
    element(
      "figcaption",
      { class: "small soft" },
      caption,
      " ",
      element("span", { class: "figures" }, `±${plain(largest, 2)}`),
    ),
  );
}
