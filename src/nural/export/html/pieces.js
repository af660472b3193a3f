// Which pieces of ink are the digit, and which are specks, page edges and other dirt: nural.data.pieces.

const SMALLEST = 0.03,
  SPECK = 0.04,
  NEAR = 0.4,
  MARGIN = 0.06;

// The pieces of connected ink, also across a corner: a list of { pixels, mass, top, left, bottom, right }.
const piecesOf = ({ levels, width, height }, threshold) => {
  const seen = new Uint8Array(levels.length),
    pieces = [];
  for (let start = 0; start < levels.length; start++) {
    if (seen[start] || levels[start] < threshold) continue;
    const pixels = [start],
      piece = { pixels, mass: 0, top: height, left: width, bottom: 0, right: 0 };
    seen[start] = 1;
    for (let n = 0; n < pixels.length; n++) {
      const at = pixels[n],
        row = Math.floor(at / width),
        column = at % width;
      piece.mass += levels[at];
      piece.top = Math.min(piece.top, row);
      piece.left = Math.min(piece.left, column);
      piece.bottom = Math.max(piece.bottom, row + 1);
      piece.right = Math.max(piece.right, column + 1);
      for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++)
        for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) {
          const near = r * width + c;
          if (seen[near] || levels[near] < threshold) continue;
          seen[near] = 1;
          pixels.push(near);
        }
    }
    pieces.push(piece);
  }
  return pieces;
};

// The main piece and what belongs to it.
const digitAmong = (pieces, { width, height }) => {
  for (const piece of pieces) {
    const { top, left, bottom, right } = piece;
    piece.size = Math.max(bottom - top, right - left);
    piece.touching = top === 0 || left === 0 || bottom === height || right === width;
    piece.atEdge =
      piece.touching &&
      (bottom <= MARGIN * height ||
        top >= height - MARGIN * height ||
        right <= MARGIN * width ||
        left >= width - MARGIN * width);
  }
  const most = (list) => list.reduce((best, piece) => (piece.mass > best.mass ? piece : best));
  let possible = pieces.filter((piece) => !piece.atEdge && piece.size >= SMALLEST * Math.max(width, height));
  if (!possible.length) return [];
  const inside = possible.filter((piece) => !piece.touching);
  if (inside.length && most(inside).mass > 0.05 * most(possible).mass) possible = inside;
  const main = most(possible);
  const candidates = pieces.filter(
    (piece) => piece.mass >= SPECK * main.mass && !piece.atEdge && (!piece.touching || main.touching),
  );
  const chosen = new Set([main]);
  for (let before = 0; before < chosen.size; ) {
    // what is near the digit belongs to it, and may have more near by
    before = chosen.size;
    const top = Math.min(...[...chosen].map((piece) => piece.top)),
      left = Math.min(...[...chosen].map((piece) => piece.left));
    const bottom = Math.max(...[...chosen].map((piece) => piece.bottom));
    const right = Math.max(...[...chosen].map((piece) => piece.right));
    const reach = NEAR * Math.max(bottom - top, right - left);
    for (const piece of candidates) {
      const rows = Math.max(piece.top - bottom, top - piece.bottom);
      const columns = Math.max(piece.left - right, left - piece.right);
      if (Math.max(rows, columns) <= reach) chosen.add(piece);
    }
  }
  return [...chosen];
};
