// Which components of ink are the digit, and which are specks, page edges and other dirt: nural.data.components.

const SMALLEST = 0.03,
  SPECK = 0.04,
  NEAR = 0.4,
  MARGIN = 0.06;

// The components of connected ink, also across a corner: a list of { pixels, mass, top, left, bottom, right }.
const componentsOf = ({ levels, width, height }, threshold) => {
  const seen = new Uint8Array(levels.length),
    components = [];
  for (let start = 0; start < levels.length; start++) {
    if (seen[start] || levels[start] < threshold) continue;
    const pixels = [start],
      component = { pixels, mass: 0, top: height, left: width, bottom: 0, right: 0 };
    seen[start] = 1;
    for (let n = 0; n < pixels.length; n++) {
      const at = pixels[n],
        row = Math.floor(at / width),
        column = at % width;
      component.mass += levels[at];
      component.top = Math.min(component.top, row);
      component.left = Math.min(component.left, column);
      component.bottom = Math.max(component.bottom, row + 1);
      component.right = Math.max(component.right, column + 1);
      for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++)
        for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) {
          const near = r * width + c;
          if (seen[near] || levels[near] < threshold) continue;
          seen[near] = 1;
          pixels.push(near);
        }
    }
    components.push(component);
  }
  return components;
};

// The main component and what belongs to it.
const digitAmong = (components, { width, height }) => {
  for (const component of components) {
    const { top, left, bottom, right } = component;
    component.size = Math.max(bottom - top, right - left);
    component.touching = top === 0 || left === 0 || bottom === height || right === width;
    component.atEdge =
      component.touching &&
      (bottom <= MARGIN * height ||
        top >= height - MARGIN * height ||
        right <= MARGIN * width ||
        left >= width - MARGIN * width);
  }
  const most = (list) => list.reduce((best, component) => (component.mass > best.mass ? component : best));
  let possible = components.filter(
    (component) => !component.atEdge && component.size >= SMALLEST * Math.max(width, height),
  );
  if (!possible.length) return [];
  const inside = possible.filter((component) => !component.touching);
  if (inside.length && most(inside).mass > 0.05 * most(possible).mass) possible = inside;
  const main = most(possible);
  const candidates = components.filter(
    (component) => component.mass >= SPECK * main.mass && !component.atEdge && (!component.touching || main.touching),
  );
  const chosen = new Set([main]);
  for (let before = 0; before < chosen.size; ) {
    // what is near the digit belongs to it, and may have more near by
    before = chosen.size;
    const top = Math.min(...[...chosen].map((component) => component.top)),
      left = Math.min(...[...chosen].map((component) => component.left));
    const bottom = Math.max(...[...chosen].map((component) => component.bottom));
    const right = Math.max(...[...chosen].map((component) => component.right));
    const reach = NEAR * Math.max(bottom - top, right - left);
    for (const component of candidates) {
      const rows = Math.max(component.top - bottom, top - component.bottom);
      const columns = Math.max(component.left - right, left - component.right);
      if (Math.max(rows, columns) <= reach) chosen.add(component);
    }
  }
  return [...chosen];
};
