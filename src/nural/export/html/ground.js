// Ink told from the ground it lies on, in whatever light: nural.data.ground.

const FAINTEST = 24,
  WINDOW = 0.25,
  LINE = 0.04,
  TWO_LEVELS = 0.15,
  DARKEST_GROUND = 48;

const NO_INK = 256;

const borderOf = ({ levels, width, height }) => {
  const rows = [...levels.subarray(0, width), ...levels.subarray((height - 1) * width)];
  const sides = Array.from({ length: height }, (_, r) => [levels[r * width], levels[r * width + width - 1]]);
  return Float64Array.from([...rows, ...sides.flat()]);
};

// The ink, 0 for the ground, and the level from which on it counts.
const inkOnGround = (grey) => {
  const border = borderOf(grey),
    ground = Math.floor(median(border));
  const darker = mapped(grey, (level) => Math.max(0, ground - level), Uint8Array);
  const lighter = mapped(grey, (level) => Math.max(0, level - ground), Uint8Array);
  const ink = maximum(darker.levels) > maximum(lighter.levels) ? darker : lighter;
  const strongest = maximum(ink.levels),
    away = border.map((level) => Math.abs(level - ground));
  if (percentile(away, 90) > 0.1 * strongest && Math.min(grey.width, grey.height) > 8 && !fillsPicture(ink))
    return inkInUnevenLight(grey);
  if (strongest < FAINTEST) return { ink, threshold: NO_INK };
  return { ink, threshold: clip(4 * percentile(away, 75), strongest / 5, strongest / 2) };
};

// Whether the picture is cut close around its ink: two levels, one of which reaches all four sides.
const fillsPicture = ({ levels, width, height }) => {
  const half = 0.5 * maximum(levels),
    strong = levels.map((level) => (level > half ? 1 : 0));
  const share = (count, at) => Array.from({ length: count }, (_, i) => strong[at(i)]).reduce(plus, 0) / count;
  const sides = [
    share(width, (i) => i),
    share(width, (i) => (height - 1) * width + i),
    share(height, (i) => i * width),
    share(height, (i) => i * width + width - 1),
  ];
  const count = strong.reduce(plus, 0);
  if (!count || count === levels.length || Math.min(...sides) === 0 || sides.reduce(plus, 0) / 4 > 0.6) return false;
  const means = [0, 0],
    squares = [0, 0],
    counts = [levels.length - count, count];
  levels.forEach((level, i) => {
    means[strong[i]] += level / counts[strong[i]];
    squares[strong[i]] += level * level;
  });
  const within = [0, 1].reduce((sum, k) => sum + squares[k] - counts[k] * means[k] ** 2, 0) / levels.length;
  return within < (TWO_LEVELS * (means[1] - means[0])) ** 2;
};

const inkInUnevenLight = (grey) => {
  const shorter = Math.min(grey.width, grey.height);
  let smooth = blurred(grey, clip(shorter / 300, 0.3, 2));
  if (inkIsLighter(smooth)) smooth = mapped(smooth, (level) => 255 - level, Uint8Array);
  const withoutLines = closing(smooth, Math.max(3, rint(LINE * shorter)), false);
  const ground = mapped(closing(withoutLines, Math.max(3, rint(WINDOW * shorter)), true), (level) => level);
  const offset = median(ground.levels.map((level, i) => level - smooth.levels[i]));
  const signed = mapped(ground, (level, i) => {
    const here = level - offset;
    return (255 * (here - smooth.levels[i])) / Math.max(here, DARKEST_GROUND);
  });
  const noise = 1.5 * median(signed.levels.map(Math.abs));
  const clipped = mapped(signed, (level) => clip(level, 0, 255)),
    strongest = maximum(clipped.levels);
  const ink = mapped(clipped, (level) => level, Uint8Array);
  if (strongest < Math.max(FAINTEST, 7 * noise)) return { ink, threshold: NO_INK };
  const typical = percentile(
    clipped.levels.filter((level) => level > strongest / 3),
    75,
  );
  return { ink, threshold: clip(4 * noise, 0.35 * typical, 0.5 * typical) };
};

// The grey closing by a square; beyond the edge the picture is mirrored, or goes on upside down.
const closing = (image, window, continued) => {
  const { levels, width, height } = image,
    size = Math.min(window, width, height),
    by = size - 1;
  const mirror = (i, n) => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i);
  const wide = picture(width + 2 * by, height + 2 * by, Uint8Array);
  const across = (row, column) => {
    const inside = levels[row * width + mirror(column, width)],
      edge = clip(column, 0, width - 1);
    return continued && edge !== column ? 2 * levels[row * width + edge] - inside : inside;
  };
  for (let r = -by, i = 0; r < height + by; r++)
    for (let c = -by; c < width + by; c++, i++) {
      const inside = across(mirror(r, height), c),
        edge = clip(r, 0, height - 1);
      wide.levels[i] = clip(continued && edge !== r ? 2 * across(edge, c) - inside : inside, 0, 255);
    }
  return sliding(Math.min, sliding(larger, wide, size), size);
};

const inkIsLighter = (smooth) => {
  const factor = Math.max(1, longest(smooth) / 96);
  const width = Math.max(1, rint(smooth.width / factor)),
    height = Math.max(1, rint(smooth.height / factor));
  const small = averaged(smooth, width, height),
    slow = boxBlurred(small, 24);
  const top = Math.floor(height / 12),
    left = Math.floor(width / 12);
  let skew = 0;
  for (let r = top; r < height - top; r++)
    for (let c = left; c < width - left; c++) skew += (small.levels[r * width + c] - slow.levels[r * width + c]) ** 3;
  return skew > 0;
};

// Means over the boxes that a grid of so many makes of the picture.
const averaged = (image, width, height) => {
  const result = picture(width, height);
  const y = new Float64Array(width * height);
  LAYERS.adaptive_average_pooling(
    { height: image.height, width: image.width, channels: 1, rows: height, columns: width },
    image.levels,
    y,
  );
  result.levels.set(y);
  return result;
};

const convolvedAcross = ({ levels, width, height }, weights) => {
  const reach = (weights.length - 1) / 2,
    result = picture(width, height);
  for (let r = 0; r < height; r++)
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) sum += weights[k + reach] * levels[r * width + clip(c + k, 0, width - 1)];
      result.levels[r * width + c] = sum;
    }
  return result;
};

const convolvedBoth = (image, weights) => turned(convolvedAcross(turned(convolvedAcross(image, weights)), weights));

const boxBlurred = (image, reach) => convolvedBoth(image, new Array(2 * reach + 1).fill(1 / (2 * reach + 1)));

const blurred = (image, radius) => {
  const reach = Math.ceil(3 * radius);
  const bell = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * radius * radius)));
  const total = bell.reduce(plus, 0);
  return mapped(
    convolvedBoth(
      image,
      bell.map((value) => value / total),
    ),
    rint,
    Uint8Array,
  );
};
