// The layers, with the fields that nural.export.calls gives them. Images are channels-last, as in nural.
// Each reads x and writes y, arrays of float64; weights are the float32 numbers that the file holds.

// A convolution's outputs are computed four at a time, so that their sums stay in registers: K is brought into that
// order, [group][four outputs][row][column][in][output of the four], with zeros where there are not four.
const packed = (layer) => {
  const { kernel_rows, kernel_columns, channels, outputs, groups, K } = layer;
  const taps = kernel_rows * kernel_columns, ins = channels / groups, outs = outputs / groups;
  const fours = Math.ceil(outs / 4), result = new Float64Array(groups * fours * taps * ins * 4);
  let at = 0;
  for (let g = 0; g < groups; g++)
    for (let four = 0; four < fours; four++)
      for (let n = 0; n < taps * ins; n++)
        for (let o = four * 4; o < four * 4 + 4; o++, at++)
          if (o < outs) result[at] = K[n * outputs + g * outs + o];
  return result;
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
      const top = Math.floor(r * height / rows), bottom = Math.ceil((r + 1) * height / rows);
      const left = Math.floor(c * width / columns), right = Math.ceil((c + 1) * width / columns);
      y.fill(start, at, at + channels);
      for (let h = top; h < bottom; h++)
        for (let w = left; w < right; w++)
          for (let k = 0; k < channels; k++)
            y[at + k] = fold(y[at + k], x[(h * width + w) * channels + k]);
      if (end) for (let k = 0; k < channels; k++) y[at + k] = end(y[at + k], (bottom - top) * (right - left));
    }
};

const bySoftmax = (finish) => (layer, x, y) => {
  for (let i = 0; i < layer.n; i += layer.channels) {
    const row = x.subarray(i, i + layer.channels), largest = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    for (let k = 0; k < layer.channels; k++) y[i + k] = finish(row[k] - largest, sum);
  }
};

const larger = (a, b) => (a > b ? a : b);
const plus = (a, b) => a + b;

const LAYERS = {
  linear(layer, x, y) {
    const { rows, inputs, outputs, W, b } = layer;
    for (let row = 0; row < rows; row++) {
      const from = row * inputs, to = row * outputs;
      for (let o = 0; o < outputs; o++) y[to + o] = b ? b[o] : 0;
      for (let i = 0; i < inputs; i++) {
        const value = x[from + i];
        if (value === 0) continue;
        for (let o = 0, k = i * outputs; o < outputs; o++, k++) y[to + o] += value * W[k];
      }
    }
  },

  convolution(layer, x, y) {
    const { height, width, channels, rows, columns, outputs, kernel_rows, kernel_columns, groups, b } = layer;
    const { stride_down, stride_across, dilation_down, dilation_across, top, left } = layer;
    const K = layer.packed ??= packed(layer);
    const ins = channels / groups, outs = outputs / groups, block = kernel_rows * kernel_columns * ins * 4;
    let start = 0;
    for (let g = 0; g < groups; g++)
      for (let first = 0; first < outs; first += 4, start += block) {
        const o = g * outs + first, count = Math.min(4, outs - first);
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < columns; c++) {
            let a0 = 0, a1 = 0, a2 = 0, a3 = 0;
            for (let i = 0; i < kernel_rows; i++) {
              const h = r * stride_down + i * dilation_down - top;
              if (h < 0 || h >= height) continue;
              for (let j = 0; j < kernel_columns; j++) {
                const w = c * stride_across + j * dilation_across - left;
                if (w < 0 || w >= width) continue;
                const from = (h * width + w) * channels + g * ins;
                let k = start + (i * kernel_columns + j) * ins * 4;
                for (let n = from; n < from + ins; n++, k += 4) {
                  const value = x[n];
                  a0 += value * K[k];
                  a1 += value * K[k + 1];
                  a2 += value * K[k + 2];
                  a3 += value * K[k + 3];
                }
              }
            }
            const sums = [a0, a1, a2, a3], at = (r * columns + c) * outputs + o;
            for (let n = 0; n < count; n++) y[at + n] = sums[n] + (b ? b[o + n] : 0);
          }
      }
  },

  max_pooling: (layer, x, y) => pool(layer, x, y, -Infinity, larger),
  average_pooling: (layer, x, y) =>
    pool(layer, x, y, 0, plus, (sum, at) => sum / (layer.divisors ? layer.divisors[at] : layer.divisor)),
  adaptive_max_pooling: (layer, x, y) => adaptive(layer, x, y, -Infinity, larger),
  adaptive_average_pooling: (layer, x, y) => adaptive(layer, x, y, 0, plus, (sum, pixels) => sum / pixels),

  channels_first({ pixels, channels }, x, y) {
    for (let k = 0; k < channels; k++)
      for (let i = 0; i < pixels; i++) y[k * pixels + i] = x[i * channels + k];
  },

  scale_and_shift: elementwise((x, { channels, scale, shift }, i) => x * scale[i % channels] + shift[i % channels]),
  relu: elementwise((x) => (x > 0 ? x : 0)),
  leaky_relu: elementwise((x, { channels, slope }, i) => (x > 0 ? x : slope[i % channels] * x)),
  elu: elementwise((x, { alpha, scale }) => scale * (x > 0 ? x : alpha * Math.expm1(x))),
  sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),
  silu: elementwise((x) => x / (1 + Math.exp(-x))),
  hyperbolic_tangent: elementwise(Math.tanh),
  softplus: elementwise((x, { beta, threshold }) =>
    beta * x > threshold ? x : (Math.max(beta * x, 0) + Math.log1p(Math.exp(-Math.abs(beta * x)))) / beta),
  gelu: elementwise((x, { coefficients }) => {
    const z = Math.abs(x), u = z * Math.SQRT1_2, t = (u - 2) / (u + 2);
    const erfcx = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0) / (u + 2);
    return Math.max(x, 0) - (z * Math.exp(-u * u) * erfcx) / 2;
  }),
  gelu_by_tanh: elementwise((x) => x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) / 2),
  softmax: bySoftmax((difference, sum) => Math.exp(difference) / sum),
  log_softmax: bySoftmax((difference, sum) => difference - Math.log(sum)),
};
