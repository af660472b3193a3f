// The layers, with the fields that nural.export.calls gives them. Images are channels-last, as in nural.
// Each reads x and writes y, arrays of float64; weights are the float32 numbers that the file holds.

// y_o = b_o + Σ_n values_n K[offsets_n + o] for the outputs from first to stop, eight at a time: their sums stay in
// registers. The values are those of the inputs that are not 0; after a ReLU half of them are.
const values = new Float64Array(1 << 16),
  offsets = new Int32Array(1 << 16);

const product = (count, K, b, first, stop, y, at) => {
  let o = first;
  for (; o + 8 <= stop; o += 8) {
    let y0 = 0,
      y1 = 0,
      y2 = 0,
      y3 = 0,
      y4 = 0,
      y5 = 0,
      y6 = 0,
      y7 = 0;
    for (let n = 0; n < count; n++) {
      const value = values[n],
        k = offsets[n] + o;
      y0 += value * K[k];
      y1 += value * K[k + 1];
      y2 += value * K[k + 2];
      y3 += value * K[k + 3];
      y4 += value * K[k + 4];
      y5 += value * K[k + 5];
      y6 += value * K[k + 6];
      y7 += value * K[k + 7];
    }
    y[at + o] = y0;
    y[at + o + 1] = y1;
    y[at + o + 2] = y2;
    y[at + o + 3] = y3;
    y[at + o + 4] = y4;
    y[at + o + 5] = y5;
    y[at + o + 6] = y6;
    y[at + o + 7] = y7;
  }
  for (; o < stop; o++) {
    let sum = 0;
    for (let n = 0; n < count; n++) sum += values[n] * K[offsets[n] + o];
    y[at + o] = sum;
  }
  if (b) for (o = first; o < stop; o++) y[at + o] += b[o];
};

const elementwise = (f) => (layer, x, y) => {
  for (let i = 0; i < layer.n; i++) y[i] = f(x[i], layer, i);
};

// fold(y, pixel's value) over the pixels under each window.
const pool = (layer, x, y, start, fold, end) => {
  const { height, width, channels, rows, columns } = layer;
  for (let r = 0, at = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, at += channels) {
      y.fill(start, at, at + channels);
      for (let i = 0; i < layer.kernel_rows; i++) {
        const h = r * layer.stride_down + i * layer.dilation_down - layer.top;
        if (h < 0 || h >= height) continue;
        for (let j = 0; j < layer.kernel_columns; j++) {
          const w = c * layer.stride_across + j * layer.dilation_across - layer.left;
          if (w < 0 || w >= width) continue;
          const pixel = (h * width + w) * channels;
          for (let k = 0; k < channels; k++) y[at + k] = fold(y[at + k], x[pixel + k]);
        }
      }
      if (end) for (let k = 0; k < channels; k++) y[at + k] = end(y[at + k], r * columns + c);
    }
};

const adaptive = (layer, x, y, start, fold, end) => {
  const { height, width, channels, rows, columns } = layer;
  for (let r = 0, at = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, at += channels) {
      const top = Math.floor((r * height) / rows),
        bottom = Math.ceil(((r + 1) * height) / rows);
      const left = Math.floor((c * width) / columns),
        right = Math.ceil(((c + 1) * width) / columns);
      y.fill(start, at, at + channels);
      for (let h = top; h < bottom; h++)
        for (let w = left; w < right; w++)
          for (let k = 0; k < channels; k++) y[at + k] = fold(y[at + k], x[(h * width + w) * channels + k]);
      if (end) for (let k = 0; k < channels; k++) y[at + k] = end(y[at + k], (bottom - top) * (right - left));
    }
};

const bySoftmax = (finish) => (layer, x, y) => {
  for (let i = 0; i < layer.n; i += layer.channels) {
    const row = x.subarray(i, i + layer.channels),
      largest = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    for (let k = 0; k < layer.channels; k++) y[i + k] = finish(row[k] - largest, sum);
  }
};

const larger = (a, b) => (a > b ? a : b);
const plus = (a, b) => a + b;

const LAYERS = {
  linear({ rows, inputs, outputs, W, b }, x, y) {
    for (let row = 0; row < rows; row++) {
      let count = 0;
      for (let i = 0; i < inputs; i++) {
        values[count] = x[row * inputs + i];
        offsets[count] = i * outputs;
        if (values[count] !== 0) count++;
      }
      product(count, W, b, 0, outputs, y, row * outputs);
    }
  },

  convolution(layer, x, y) {
    const { height, width, channels, rows, columns, outputs, kernel_rows, kernel_columns, groups, K, b } = layer;
    const { stride_down, stride_across, dilation_down, dilation_across, top, left } = layer;
    const ins = channels / groups,
      outs = outputs / groups;
    for (let r = 0, at = 0; r < rows; r++)
      for (let c = 0; c < columns; c++, at += outputs)
        for (let g = 0; g < groups; g++) {
          let count = 0;
          for (let i = 0; i < kernel_rows; i++) {
            const h = r * stride_down + i * dilation_down - top;
            if (h < 0 || h >= height) continue;
            for (let j = 0; j < kernel_columns; j++) {
              const w = c * stride_across + j * dilation_across - left;
              if (w < 0 || w >= width) continue;
              const pixel = (h * width + w) * channels + g * ins,
                row = (i * kernel_columns + j) * ins;
              for (let n = 0; n < ins; n++) {
                values[count] = x[pixel + n];
                offsets[count] = (row + n) * outputs;
                if (values[count] !== 0) count++;
              }
            }
          }
          product(count, K, b, g * outs, (g + 1) * outs, y, at);
        }
  },

  max_pooling: (layer, x, y) => pool(layer, x, y, -Infinity, larger),
  average_pooling: (layer, x, y) =>
    pool(layer, x, y, 0, plus, (sum, at) => sum / (layer.divisors ? layer.divisors[at] : layer.divisor)),
  adaptive_max_pooling: (layer, x, y) => adaptive(layer, x, y, -Infinity, larger),
  adaptive_average_pooling: (layer, x, y) => adaptive(layer, x, y, 0, plus, (sum, pixels) => sum / pixels),

  channels_first({ pixels, channels }, x, y) {
    for (let k = 0; k < channels; k++) for (let i = 0; i < pixels; i++) y[k * pixels + i] = x[i * channels + k];
  },

  add(layer, xs, y) {
    y.fill(0);
    for (const x of xs) for (let i = 0; i < y.length; i++) y[i] += x[i];
  },

  put({ rows, width }, xs, y) {
    let at = 0;
    for (const x of xs) {
      const size = x.length / rows;
      for (let row = 0; row < rows; row++) y.set(x.subarray(row * size, (row + 1) * size), row * width + at);
      at += size;
    }
  },

  scale_and_shift: elementwise((x, { channels, scale, shift }, i) => x * scale[i % channels] + shift[i % channels]),
  relu: elementwise((x) => (x > 0 ? x : 0)),
  clip: elementwise((x, { low, high }) => Math.min(Math.max(x, low), high)),
  leaky_relu: elementwise((x, { channels, slope }, i) => (x > 0 ? x : slope[i % channels] * x)),
  elu: elementwise((x, { alpha, scale }) => scale * (x > 0 ? x : alpha * Math.expm1(x))),
  sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),
  silu: elementwise((x) => x / (1 + Math.exp(-x))),
  hyperbolic_tangent: elementwise(Math.tanh),
  softsign: elementwise((x) => x / (1 + Math.abs(x))),
  softplus: elementwise((x, { beta, threshold }) =>
    beta * x > threshold ? x : (Math.max(beta * x, 0) + Math.log1p(Math.exp(-Math.abs(beta * x)))) / beta,
  ),
  gelu: elementwise((x, { coefficients }) => {
    const z = Math.abs(x),
      u = z * Math.SQRT1_2,
      t = (u - 2) / (u + 2);
    const erfcx = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0) / (u + 2);
    return Math.max(x, 0) - (z * Math.exp(-u * u) * erfcx) / 2;
  }),
  gelu_by_tanh: elementwise((x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))) / 2),
  softmax: bySoftmax((difference, sum) => Math.exp(difference) / sum),
  log_softmax: bySoftmax((difference, sum) => difference - Math.log(sum)),
};
