// Strokes as vectors: lists of points [x, y, t], x and y from 0 to 1 of the canvas, t in ms since the drawing began.

// What two characters hold; a point is rounded to it where it is drawn, so that a link loses nothing.
const LEVELS = 4095;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TOLERANCE = 0.0015; // of the canvas: the distance by which a point must stand out to be kept, 0.04 pixels of the 28

export const rounded = (share) => Math.round(Math.min(1, Math.max(0, share)) * LEVELS) / LEVELS;

// A stroke with the points left out that hardly bend it (Ramer 1972, Douglas and Peucker 1973).
export function simplified(stroke, tolerance = TOLERANCE) {
  if (stroke.length < 3) return stroke;
  const [first, last] = [stroke[0], stroke.at(-1)];
  let farthest = 0;
  let distance = 0;
  for (let i = 1; i < stroke.length - 1; i += 1) {
    const d = distanceToSegment(stroke[i], first, last);
    if (d > distance) [farthest, distance] = [i, d];
  }
  if (distance <= tolerance) return [first, last];
  return [
    ...simplified(stroke.slice(0, farthest + 1), tolerance).slice(0, -1),
    ...simplified(stroke.slice(farthest), tolerance),
  ];
}

export function distanceToSegment([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const part = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}

// What an eraser of this radius leaves of the strokes when it goes from one point to another; a stroke may become two.
export function erased(strokes, from, to, radius) {
  const left = [];
  for (const stroke of strokes) {
    if (!stroke.some((point, i) => distanceToSegment(point, from, to) < radius + reach(stroke, i))) {
      left.push(stroke);
      continue;
    }
    let piece = [];
    for (const point of refined(stroke, radius / 4)) {
      if (distanceToSegment(point, from, to) >= radius) piece.push(point);
      else if (piece.length) [piece] = [[], left.push(piece)];
    }
    if (piece.length) left.push(piece);
  }
  return left.map((stroke) => simplified(stroke));
}

const reach = (stroke, i) =>
  Math.hypot(stroke[i][0] - (stroke[i + 1] ?? stroke[i])[0], stroke[i][1] - (stroke[i + 1] ?? stroke[i])[1]);

// The same stroke with points no farther apart than `step`.
function refined(stroke, step) {
  const points = [stroke[0]];
  for (let i = 1; i < stroke.length; i += 1) {
    const [a, b] = [stroke[i - 1], stroke[i]];
    const parts = Math.max(1, Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1]) / step));
    for (let part = 1; part < parts; part += 1) {
      const share = part / parts;
      points.push([rounded(a[0] + share * (b[0] - a[0])), rounded(a[1] + share * (b[1] - a[1])), a[2]]);
    }
    points.push(b);
  }
  return points;
}

// For the address: four characters per point, a dot between strokes. When a point was drawn is left out.
export const encodeStrokes = (strokes) => strokes.map((stroke) => stroke.map(encodePoint).join("")).join(".");

function encodePoint([x, y]) {
  return [x, y]
    .map((share) => {
      const level = Math.round(share * LEVELS);
      return DIGITS[level >> 6] + DIGITS[level & 63];
    })
    .join("");
}

export function decodeStrokes(text) {
  if (!/^([\w-]{4})+(\.([\w-]{4})+)*$/.test(text) || text.length > 20000) return undefined;
  let t = 0;
  return text.split(".").map((part) =>
    part.match(/.{4}/g).map((point) => {
      const [a, b, c, d] = [...point].map((digit) => DIGITS.indexOf(digit));
      t += 16;
      return [(64 * a + b) / LEVELS, (64 * c + d) / LEVELS, t];
    }),
  );
}
