// Requests to the server: JSON, tensors, and streams of events.

export const GONE = "the server is not there any more";

export class ApiError extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

let gone = false;

// Tell the page when the server does not answer any more, and when it does again.
function know(isGone) {
  if (gone === isGone) return;
  gone = isGone;
  document.dispatchEvent(new CustomEvent("server", { detail: { gone } }));
}

async function answered(path, { method, body, signal } = {}) {
  const options = { method: method ?? (body === undefined ? "GET" : "POST"), signal };
  if (body instanceof Blob) {
    options.body = body;
    options.headers = { "content-type": body.type };
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "content-type": "application/json" };
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    know(true);
    throw new ApiError(GONE, 0);
  }
  know(false);
  if (response.ok) return response;
  let sentence = `the server answered ${response.status}`;
  try {
    sentence = (await response.json()).error;
  } catch {
    // no JSON: the status has to do
  }
  throw new ApiError(sentence, response.status);
}

// The answer's JSON. A body makes it a POST unless `method` says otherwise; `signal` can end it early.
export async function fetchJson(path, options) {
  return (await answered(path, options)).json();
}

// {manifest, tensor(name) → {shape, data: Float32Array}, has(name)}; the arrays are views of one buffer.
export async function fetchTensors(path, options) {
  const buffer = await (await answered(path, options)).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const manifest = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const byName = new Map(manifest.tensors.map((entry) => [entry.name, entry]));
  return {
    manifest,
    has: (name) => byName.has(name),
    tensor(name) {
      const { shape, offset } = byName.get(name);
      const size = shape.reduce((product, side) => product * side, 1);
      return { shape, data: new Float32Array(buffer, 4 + length + offset, size) };
    },
  };
}

// Listen to a stream of events, each of them JSON. Returns a function that ends it.
export function listen(path, onEvent) {
  const source = new EventSource(path);
  source.onopen = () => know(false);
  source.onerror = () => source.readyState === EventSource.CONNECTING && know(true);
  source.onmessage = ({ data }) => onEvent(JSON.parse(data));
  return () => source.close();
}
