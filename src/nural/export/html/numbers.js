// Numbers as NumPy has them, and grey pictures: { levels, width, height }, row by row.

// To the nearest whole number, halves to the even one.
const rint = (value) => {
  const below = Math.floor(value),
    part = value - below;
  return part < 0.5 || (part === 0.5 && below % 2 === 0) ? below : below + 1;
};

const clip = (value, least, most) => Math.min(Math.max(value, least), most);

const percentile = (values, percent) => {
  const sorted = Float64Array.from(values).sort(),
    place = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(place),
    above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
};

const median = (values) => percentile(values, 50);
const maximum = (values) => values.reduce(larger, -Infinity);

const picture = (width, height, Kind = Float32Array) => ({ levels: new Kind(width * height), width, height });

const mapped = (image, f, Kind = Float32Array) => ({ ...image, levels: Kind.from(image.levels, f) });

// A part of a picture; beyond it there is `outside`.
const cut = ({ levels, width, height }, left, top, columns, rows, outside = 0) => {
  const part = picture(columns, rows, levels.constructor);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const row = r + top,
        column = c + left,
        inside = row >= 0 && row < height && column >= 0 && column < width;
      part.levels[r * columns + c] = inside ? levels[row * width + column] : outside;
    }
  return part;
};

const padded = (image, by) => cut(image, -by, -by, image.width + 2 * by, image.height + 2 * by);

// The box that holds all ink, or null.
const cropped = (image) => {
  let left = Infinity,
    top = Infinity,
    right = -1,
    bottom = -1;
  image.levels.forEach((level, i) => {
    if (!level) return;
    const row = Math.floor(i / image.width),
      column = i % image.width;
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  });
  return right < 0 ? null : cut(image, left, top, right - left + 1, bottom - top + 1);
};
