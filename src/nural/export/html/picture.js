// A picture of one digit, brought into the form of MNIST's: nural.data.prepare, without its search for ruled lines.

const ENOUGH = 640;

// Grey levels, 0 for black, of a decoded picture; transparency lies over white, or over black under light ink.
const greyLevels = ({ data, width, height }) => {
  const grey = picture(width, height, Uint8Array);
  let darkest = 255;
  for (let i = 0; i < grey.levels.length; i++) {
    grey.levels[i] = (data[4 * i] * 19595 + data[4 * i + 1] * 38470 + data[4 * i + 2] * 7471 + 32768) >> 16;
    if (data[4 * i + 3] >= 128) darkest = Math.min(darkest, grey.levels[i]);
  }
  const ground = darkest >= 128 && data.some((value, i) => i % 4 === 3 && value < 255) ? 0 : 255;
  return mapped(
    grey,
    (level, i) => {
      const alpha = data[4 * i + 3];
      return Math.floor((level * alpha + ground * (255 - alpha) + 127) / 255);
    },
    Uint8Array,
  );
};

// 784 numbers from 0 to 255 / 256, or null if there is no digit.
const preparePicture = (grey) => {
  const { ink, threshold } = inkOnGround(grey);
  const digit = picture(grey.width, grey.height, Uint8Array);
  for (const component of digitAmong(componentsOf(ink, threshold), ink))
    for (const at of component.pixels) digit.levels[at] = ink.levels[at];
  const box = cropped(digit);
  if (!box) return null;
  const most = maximum(box.levels),
    usual = withUsualWidth(mapped(box, (level) => level / most));
  const size = [usual.width, usual.height].map((side) => Math.max(1, rint((side * BOX) / longest(usual))));
  const scaled = resized(usual, ...size);
  const solid = percentile(
    scaled.levels.filter((level) => level > 0),
    90,
  );
  const levels = mapped(scaled, (level) => rint(clip(level * (255 / solid), 0, 255)), Uint8Array);
  return Float32Array.from(centred(levels).levels, (level) => level / 256);
};

// Decode a file, upright, reduced if it is large.
const readPicture = async (file) => {
  const bitmap = await createImageBitmap(file);
  const factor = Math.max(1, Math.floor(Math.max(bitmap.width, bitmap.height) / ENOUGH));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(bitmap.width / factor);
  canvas.height = Math.ceil(bitmap.height / factor);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return greyLevels(context.getImageData(0, 0, canvas.width, canvas.height));
};
