// How a layer's cells lie on the screen: the channels of an image as tiles, a row of numbers as a column or a grid.

const GAP = 5;
const LOW = 140; // below this height a few channels stand side by side

// {width, height, shown, rect(index), at(x, y), tiles} in CSS pixels; `shape` is the layer’s own, `channels` how many
// of an image are shown, `size` the available height.
export function geometry(shape, channels, size) {
  return shape.length === 3 ? imageGeometry(shape, channels, size) : rowGeometry(shape[0], size);
}

function imageGeometry([height, width], channels, size) {
  const rows =
    channels <= 1
      ? 1
      : channels <= 4
        ? size < LOW
          ? 1
          : 2
        : channels <= 9
          ? 3
          : channels <= 16
            ? 4
            : Math.ceil(Math.sqrt(channels / 1.6));
  const columns = Math.ceil(channels / rows);
  const tile = (size - GAP * (rows - 1)) / rows;
  const scale = tile / Math.max(height, width);
  const [tall, wide] = [height * scale, width * scale];
  const corner = (channel) => [(channel % columns) * (wide + GAP), Math.floor(channel / columns) * (tall + GAP)];
  return {
    kind: "image",
    width: columns * (wide + GAP) - GAP,
    height: rows * (tall + GAP) - GAP,
    channels,
    tile: [wide, tall],
    corner,
    rect([r, c, channel]) {
      const [left, top] = corner(channel);
      return { x: left + c * scale, y: top + r * scale, width: scale, height: scale };
    },
    at(x, y) {
      const [across, down] = [Math.floor(x / (wide + GAP)), Math.floor(y / (tall + GAP))];
      const channel = down * columns + across;
      const [left, top] = corner(channel);
      const within = (value, side) => Math.min(side - 1, Math.max(0, Math.floor(value / scale)));
      if (across >= columns || channel >= channels || channel < 0) return null;
      return [within(y - top, height), within(x - left, width), channel];
    },
  };
}

function rowGeometry(count, size) {
  const rows = count <= 16 ? count : Math.ceil(Math.sqrt(count));
  const columns = Math.ceil(count / rows);
  const tall = size / rows;
  const wide = count <= 16 ? Math.min(44, Math.max(24, tall * 2)) : tall;
  return {
    kind: "row",
    width: columns * wide,
    height: rows * tall,
    channels: 1,
    rows,
    rect: ([i]) => ({ x: Math.floor(i / rows) * wide, y: (i % rows) * tall, width: wide, height: tall }),
    at(x, y) {
      const i = Math.floor(x / wide) * rows + Math.min(rows - 1, Math.floor(y / tall));
      return i >= 0 && i < count ? [i] : null;
    },
  };
}

// The cell beside `index` in the direction of an arrow, within the same channel.
export function neighbour(shape, index, key, rows) {
  const [dr, dc] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
  if (shape.length === 3) {
    const [r, c, channel] = index;
    return [clamp(r + dr, shape[0]), clamp(c + dc, shape[1]), channel];
  }
  return [clamp(index[0] + dr + dc * (rows < shape[0] ? rows : 0), shape[0])];
}

const clamp = (i, size) => Math.min(size - 1, Math.max(0, i));
