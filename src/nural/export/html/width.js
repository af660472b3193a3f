// The width of a digit's strokes, measured and brought near that of MNIST's: nural.data.stroke_width and morphology.

const THINNEST = 1.8,
  THICKEST = 3.6,
  TRACE = 0.1,
  DETAIL = 5;

// Twice the area over the outline's length.
const strokeWidth = (ink) => {
  const { levels, width, height } = padded(ink, 1);
  let outline = 0;
  for (let r = 0; r + 1 < height; r++)
    for (let c = 0; c + 1 < width; c++) {
      const at = r * width + c,
        down = levels[at + width + 1] - levels[at],
        up = levels[at + 1] - levels[at + width];
      outline += Math.sqrt((down * down + up * up) / 2);
    }
  return outline ? (2 * levels.reduce(plus, 0)) / outline : 0;
};

// The extreme of every square of `window` pixels.
const sliding = (extreme, image, window) => {
  let seen = 1;
  while (seen < window) {
    const step = Math.min(seen, window - seen),
      { levels, width } = image;
    const next = picture(width - step, image.height - step, levels.constructor);
    for (let r = 0, i = 0; r < next.height; r++)
      for (let c = 0; c < next.width; c++, i++) {
        const at = r * width + c,
          below = at + step * width;
        next.levels[i] = extreme(extreme(levels[at], levels[at + step]), extreme(levels[below], levels[below + step]));
      }
    image = next;
    seen += step;
  }
  return image;
};

// Dilate by a disc with a soft edge.
const thickened = (ink, radius) => {
  const { width, height } = ink,
    reach = Math.ceil(radius),
    from = padded(ink, reach),
    result = picture(width, height);
  for (let down = -reach; down <= reach; down++)
    for (let right = -reach; right <= reach; right++) {
      const weight = Math.fround(Math.min(1, radius + 1 - Math.hypot(down, right)));
      if (weight <= 0) continue;
      for (let r = 0, i = 0; r < height; r++)
        for (let c = 0; c < width; c++, i++) {
          const level = from.levels[(r + reach + down) * from.width + c + reach + right] * weight;
          if (level > result.levels[i]) result.levels[i] = level;
        }
    }
  return result;
};

// Erode by such a disc; parts that it would wipe out stay as they are.
const thinned = (ink, radius) => {
  const { width, height } = ink,
    reach = Math.ceil(radius) + 1,
    inverse = (image) => mapped(image, (level) => 1 - level);
  const ground = cut(inverse(ink), -reach, -reach, width + 2 * reach, height + 2 * reach, 1);
  const eroded = inverse(cut(thickened(ground, radius), reach, reach, width, height));
  const far = 1.5 * radius + 1.5,
    near = thickened(eroded, far);
  const lost = mapped(ink, (level, i) => Math.min(level, 1 - near.levels[i]));
  if (maximum(lost.levels) <= 0.5) return eroded;
  const joined = thickened(lost, far + 1);
  return mapped(eroded, (level, i) => Math.max(level, Math.min(ink.levels[i], joined.levels[i])));
};

// Cubic interpolation over as many pixels as one of the result covers, as Pillow does it.
const cubic = (x) => {
  const d = Math.abs(x);
  return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
};

const resizedAcross = ({ levels, width, height }, size) => {
  const scale = width / size,
    spread = Math.max(scale, 1),
    result = picture(size, height);
  for (let column = 0; column < size; column++) {
    const centre = (column + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - 2 * spread + 0.5));
    const stop = Math.min(width, Math.trunc(centre + 2 * spread + 0.5));
    const weights = Array.from({ length: stop - first }, (_, i) => cubic((first + i - centre + 0.5) / spread));
    const total = weights.reduce(plus, 0);
    for (let row = 0; row < height; row++) {
      const sum = weights.reduce((sum, weight, i) => sum + (weight / total) * levels[row * width + first + i], 0);
      result.levels[row * size + column] = sum;
    }
  }
  return result;
};

const turned = ({ levels, width, height }) => {
  const result = picture(height, width);
  for (let r = 0; r < height; r++)
    for (let c = 0; c < width; c++) result.levels[c * height + r] = levels[r * width + c];
  return result;
};

const resized = (image, width, height) => turned(resizedAcross(turned(resizedAcross(image, width)), height));

const longest = ({ width, height }) => Math.max(width, height);

// Hairlines and thick markers to the nearest width that is usual in MNIST; others stay as they are.
const withUsualWidth = (ink) => {
  let width = strokeWidth(ink),
    factor = longest(ink) / (BOX * DETAIL);
  const box = (width * BOX) / longest(ink);
  if (THINNEST <= box && box <= THICKEST) return ink;
  if (width < 2 * factor) {
    const window = Math.ceil(2 * factor - width) + 1;
    ink = sliding(larger, padded(ink, window - 1), window);
    factor = longest(ink) / (BOX * DETAIL);
  }
  const size = [ink.width, ink.height].map((side) => Math.max(1, rint(side / factor)));
  ink = mapped(resized(ink, ...size), (level) => clip(level, 0, 1));
  width = strokeWidth(ink);
  const target = clip(width, THINNEST * DETAIL, THICKEST * DETAIL);
  const radius = (target - width) / 2 / (1 - target / longest(ink));
  if (radius > 0) ink = thickened(padded(ink, Math.ceil(radius) + 1), radius);
  else if (radius < 0) ink = thinned(ink, -radius);
  return cropped(mapped(ink, (level) => (level > TRACE ? level : 0)));
};
