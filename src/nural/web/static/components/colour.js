// Numbers as text and as colour. Blue is negative, orange positive, and each has its glyph, − or +.

const GROUND = { light: [255, 255, 255], dark: [16, 20, 26] };
const POSITIVE = { light: [184, 80, 11], dark: [242, 153, 79] };
const NEGATIVE = { light: [31, 98, 181], dark: [111, 176, 247] };

export const isDark = () => {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

// How far `value` goes towards the strongest colour, from 0 to 1. On a logarithmic scale `decades` of them count.
export function strength(value, largest, logarithmic = false, decades = 6) {
  const size = Math.abs(value);
  if (!(size > 0) || !(largest > 0)) return 0;
  if (!logarithmic) return Math.min(1, size / largest);
  return Math.min(1, Math.max(0, 1 + Math.log10(size / largest) / decades));
}

// [r, g, b] of a signed number, from the ground to full orange or blue.
export function signedColour(value, largest, { logarithmic = false, dark = isDark() } = {}) {
  const theme = dark ? "dark" : "light";
  const full = (value < 0 ? NEGATIVE : POSITIVE)[theme];
  const share = strength(value, largest, logarithmic);
  return GROUND[theme].map((level, i) => Math.round(level + (full[i] - level) * share));
}

// Paint rows of signed numbers onto a canvas, a pixel each; CSS makes them larger.
export function paintSigned(canvas, data, height, width, largest, options = {}) {
  const dark = options.dark ?? isDark();
  paint(canvas, data, height, width, (value) => packed(signedColour(value, largest, { ...options, dark })));
}

// Paint rows of ink from 0 to 1, dark on light, or light on dark in a dark page.
export function paintInk(canvas, data, height, width) {
  const [from, to] = isDark() ? [12, 244] : [255, 20];
  paint(canvas, data, height, width, (value) => (255 << 24) | (Math.round(from + (to - from) * value) * 0x10101));
}

// A colour as canvases hold it: opaque, blue, green, red.
const packed = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;

function paint(canvas, data, height, width, colour) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Int32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = colour(data[i]);
  context.putImageData(image, 0, 0);
}

// A number with its sign as a glyph, to so many significant digits: "+0.0312", "−1.5e−7".
export function signed(value, digits = 3) {
  if (value === null || Number.isNaN(value)) return "–";
  const text = plain(Math.abs(value), digits);
  return value < 0 ? `−${text}` : value > 0 ? `+${text}` : text;
}

// A number that is not negative, or whose sign needs no glyph.
export function plain(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size >= 1e-3 && size < 1e5
      ? String(Number(value.toPrecision(digits)))
      : value.toExponential(digits - 1).replace(/\.?0+e/, "e");
  return text.replaceAll("-", "−").replace("e+", "e");
}

// A share in percent; a share that is nearly 0 or 1 is not rounded to 0% or 100%.
export function percent(share, digits = 1) {
  const text = (100 * share).toFixed(digits);
  const least = 10 ** -digits;
  if (share < 1 && Number(text) === 100) return `>${(100 - least).toFixed(digits)}%`;
  if (share > 0 && Number(text) === 0) return `<${least.toFixed(digits)}%`;
  return `${text}%`;
}
