// The network: its steps, and the weights that stand in the page as text.

// Seven bits a character; the three that HTML would change, and the mark of a tag, are 256 higher.
const bytesOf = (text, count) => {
  const bytes = new Uint8Array(count);
  let bits = 0,
    pending = 0,
    at = 0;
  for (let i = 0; i < text.length && at < count; i++) {
    bits = (bits << 7) | (text.charCodeAt(i) & 127);
    pending += 7;
    if (pending >= 8) {
      pending -= 8;
      bytes[at++] = bits >> pending;
      bits &= (1 << pending) - 1;
    }
  }
  return bytes;
};

const inflated = async (bytes) => {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
};

// Whole numbers first, then floats: an array is named by its offset and length among those of its kind.
const loadNetwork = async (described, text) => {
  const content = await inflated(bytesOf(text, described.bytes));
  const whole = new Int8Array(content, 0, described.whole);
  const floats = new Float32Array(content.slice(described.whole));
  const arrayOf = ({ kind, at, size }) => (kind === "whole" ? whole : floats).subarray(at, at + size);
  const read = (value) => (value !== null && typeof value === "object" ? Float64Array.from(arrayOf(value)) : value);
  const steps = described.steps.map((step) => {
    const layer = Object.fromEntries(Object.entries(step.layer).map(([name, value]) => [name, read(value)]));
    const weights = layer.W ?? layer.K;
    if (layer.scale && weights)
      // as float32, in which nural too multiplies
      for (let i = 0; i < weights.length; i++)
        weights[i] = Math.fround(weights[i] * layer.scale[i % layer.scale.length]);
    return { ...step, layer, y: new Float64Array(step.size) };
  });
  // What each step makes, behind the pixels; a step reads what the one before it made, unless it says what else.
  return (pixels) => {
    const values = [Float64Array.from(pixels)];
    for (const { function: name, layer, reads, y } of steps) {
      const xs = reads ? reads.map((i) => values[i]) : [values.at(-1)];
      LAYERS[name](layer, xs.length > 1 ? xs : xs[0], y);
      values.push(y);
    }
    return values.at(-1);
  };
};

const softmax = (logits) => {
  const largest = Math.max(...logits),
    terms = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = terms.reduce(plus, 0);
  return terms.map((term) => term / sum);
};
