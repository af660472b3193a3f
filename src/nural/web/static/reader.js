// Asks the server what the network reads, whenever the drawing, its preparation or the network changes. The
// latest question wins. First the ten probabilities, at once; then, when nobody draws, the picture of each stage.
import { fetchJson, fetchTensors } from "./api.js";
import { store } from "./store.js";

const SETTLED = 90; // ms without a change before the stages are asked for

let asked = 0;
let shown = 0;
let underWay = 0;
let waiting = false; // to be asked once the answer under way is there
let hurry = false;
let own = false; // whether the pixels that change are this module's answer, or somebody else's picture
let timer;

const body = () => {
  const { strokes, base, width, switches } = Object.fromEntries(
    ["strokes", "base", "width", "switches"].map((key) => [key, store.get(key)]),
  );
  const drawing = { strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y])), width, switches };
  return base ? { ...drawing, base: [...base] } : drawing;
};

const isEmpty = () => !store.get("base") && !drawn(store.get("strokes"));

// More than a dot.
function drawn(strokes) {
  const points = strokes.flat();
  return points.some(([x, y]) => x !== points[0][0] || y !== points[0][1]);
}

// Ask. While the pen is down one question at a time is enough; when it lifts, `urgent` does not wait for the last one.
async function read({ urgent = false } = {}) {
  clearTimeout(timer);
  if (isEmpty()) {
    asked += 1;
    shown = asked;
    store.set({ pixels: null, probabilities: null, answer: null, stages: null });
    return;
  }
  if (underWay && !urgent) {
    waiting = true;
    return;
  }
  const number = ++asked;
  underWay += 1;
  try {
    const model = encodeURIComponent(store.get("model"));
    show(number, await fetchJson(`api/read?model=${model}`, { body: body() }));
    if (number === asked) timer = setTimeout(readStages, SETTLED); // otherwise the drawing has changed
  } catch (error) {
    tell(error);
  } finally {
    underWay -= 1;
    if (waiting && !underWay) {
      waiting = false;
      read();
    }
  }
}

// Change the store, and ask about it without waiting for an answer under way.
export function readAfter(values) {
  hurry = true;
  store.set(values);
  hurry = false;
}

function show(number, { pixels, probabilities, answer, threshold }) {
  if (number < shown) return;
  shown = number;
  performance.mark("nural-read");
  own = true;
  store.set({ pixels: Float32Array.from(pixels), probabilities: Float32Array.from(probabilities), answer, threshold });
  own = false;
}

async function readStages() {
  if (store.get("source")?.kind === "image" && !store.get("strokes").length) return; // they came with the picture
  const number = asked;
  try {
    const found = await fetchTensors(`api/read?stages=1&model=${encodeURIComponent(store.get("model"))}`, {
      body: body(),
    });
    if (number === asked) store.set({ stages: stagesOf(found) });
  } catch (error) {
    tell(error);
  }
}

// {name: {shape, data}} in the order of the preparation.
const stagesOf = ({ manifest, tensor }) =>
  Object.fromEntries(
    manifest.tensors.filter(({ name }) => name.startsWith("stage.")).map(({ name }) => [name.slice(6), tensor(name)]),
  );

// A picture of a digit, dropped, pasted or opened.
export async function readPicture(file) {
  try {
    const model = encodeURIComponent(store.get("model"));
    const found = await fetchTensors(`api/read?stages=1&model=${model}`, { body: file });
    store.set({ strokes: [], base: found.tensor("pixels").data, source: { kind: "image" }, stages: stagesOf(found) });
  } catch (error) {
    tell(error);
  }
}

// A digit of MNIST as a beginning.
export async function takeSample(set, index) {
  try {
    const { tensor } = await fetchTensors(`api/samples?set=${set}&index=${index}`);
    store.set({ strokes: [], base: tensor("pixels").data, source: { kind: "sample", set, index } });
  } catch (error) {
    tell(error);
  }
}

const tell = (error) => {
  if (error.name !== "AbortError") document.dispatchEvent(new CustomEvent("notice", { detail: error.message }));
};

export function start() {
  store.on(["strokes", "base", "width", "switches", "model"], () => read({ urgent: hurry }));
  store.on(["modelVersion"], () => {
    if (store.get("model") === "training") read();
  });
  store.on(["pixels"], () => {
    if (!own && store.get("pixels")) store.set({ strokes: [], base: store.get("pixels") });
  });
  const { kind, set, index } = store.get("source") ?? {};
  if (kind === "sample") takeSample(set, index);
  else read();
}
