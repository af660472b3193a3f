// Strokes of a pen or a finger, drawn as MNIST's digits are: nural.data.prepare_strokes, step by step.

const SIDE = 28,
  BOX = 20,
  STROKE = 2.4;

// From a point to the nearest point of a polyline.
const distanceTo = (stroke, x, y) => {
  let nearest = Math.hypot(x - stroke[0][0], y - stroke[0][1]);
  for (let i = 1; i < stroke.length; i++) {
    const [x0, y0] = stroke[i - 1],
      dx = stroke[i][0] - x0,
      dy = stroke[i][1] - y0,
      length = dx * dx + dy * dy;
    if (!length) continue;
    const part = clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1);
    nearest = Math.min(nearest, Math.hypot(x - x0 - part * dx, y - y0 - part * dy));
  }
  return nearest;
};

// The centre of mass into the middle of the field, to the nearest pixel.
const centred = ({ levels, width, height }) => {
  let mass = 0,
    across = 0,
    down = 0;
  levels.forEach((level, i) => {
    mass += level;
    across += level * (i % width);
    down += level * Math.floor(i / width);
  });
  const left = clip(rint(SIDE / 2 - across / mass), 0, SIDE - width);
  const top = clip(rint(SIDE / 2 - down / mass), 0, SIDE - height);
  return cut({ levels, width, height }, -left, -top, SIDE, SIDE);
};

// 784 numbers from 0 to 255 / 256; null if there is nothing, or a single dot.
const prepareStrokes = (strokes) => {
  const points = strokes.flat(),
    xs = points.map((point) => point[0]),
    ys = points.map((point) => point[1]);
  const left = Math.min(...xs),
    top = Math.min(...ys),
    wide = Math.max(...xs) - left,
    high = Math.max(...ys) - top;
  const extent = Math.max(wide, high);
  if (!points.length || !extent) return null;
  const scale = (BOX - STROKE) / extent;
  const place = ([x, y]) => [(x - left) * scale + STROKE / 2, (y - top) * scale + STROKE / 2];
  const placed = strokes.filter((stroke) => stroke.length).map((stroke) => stroke.map(place));
  const [width, height] = [wide, high].map((length) => Math.ceil(length * scale + STROKE - 1e-6));
  const ink = picture(width, height, Uint8Array);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const distance = Math.min(...placed.map((stroke) => distanceTo(stroke, column + 0.5, row + 0.5)));
      ink.levels[row * width + column] = rint(255 * clip(STROKE / 2 + 0.5 - distance, 0, 1));
    }
  return Float32Array.from(centred(ink).levels, (level) => level / 256);
};
