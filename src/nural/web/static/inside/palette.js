// Colours of many cells at once: a table of 511 from full blue over the ground to full orange.
import { isDark, signedColour } from "../components/colour.js";

const LEVELS = 255;
const DECADES = 6;
const CLOSED = { light: [174, 170, 160], dark: [62, 70, 81] };
const tables = new Map();

export const closedColour = () => CLOSED[isDark() ? "dark" : "light"];

const packed = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

function table(dark) {
  if (!tables.has(dark)) {
    const colours = new Uint32Array(2 * LEVELS + 1);
    for (let level = -LEVELS; level <= LEVELS; level += 1)
      colours[level + LEVELS] = packed(signedColour(level / LEVELS, 1, { dark }));
    tables.set(dark, colours);
  }
  return tables.get(dark);
}

function inkTable(dark) {
  const key = `ink ${dark}`;
  if (!tables.has(key)) {
    const [from, to] = dark ? [12, 244] : [255, 20];
    tables.set(
      key,
      Uint32Array.from({ length: 256 }, (_, i) => packed(Array(3).fill(Math.round(from + ((to - from) * i) / 255)))),
    );
  }
  return tables.get(key);
}

const scratch = document.createElement("canvas");

// Draw one channel of `data`, which holds `channels` numbers per pixel, into a box of `context`.
export function paintPlane(
  context,
  { data, channels, channel, height, width, largest, logarithmic, ink, open, openChannels },
  box,
) {
  const dark = isDark();
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const colours = ink ? inkTable(dark) : table(dark);
  const closed = packed(closedColour());
  for (let i = 0; i < words.length; i += 1) {
    const value = data[i * channels + channel];
    if (open && !open[i * openChannels + channel] && value === 0) words[i] = closed;
    else if (ink) words[i] = colours[Math.round(255 * Math.min(1, Math.max(0, value)))];
    else words[i] = colours[LEVELS + level(value, largest, logarithmic)];
  }
  scratch.width = width;
  scratch.height = height;
  scratch.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, box.x, box.y, box.width, box.height);
  context.strokeStyle = dark ? "#39424e" : "#cfcbc0";
  context.lineWidth = 1;
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
}

function level(value, largest, logarithmic) {
  if (!(largest > 0) || value === 0 || Number.isNaN(value)) return 0;
  const share = Math.abs(value) / largest;
  const strength = logarithmic ? 1 + Math.log10(share) / DECADES : share;
  const rounded = Math.round(LEVELS * Math.min(1, Math.max(0, strength)));
  return value < 0 ? -rounded : rounded;
}

export const decades = DECADES;
