// Formulas in MathML, in one expression: math(mi("z"), mo("="), …).

const MATH = "http://www.w3.org/1998/Math/MathML";

function node(tag, ...children) {
  const made = document.createElementNS(MATH, tag);
  made.append(...children);
  return made;
}

export const math = (...children) => node("math", node("mrow", ...children));
export const row = (...children) => node("mrow", ...children);
export const mi = (text) => node("mi", text);
export const mo = (text) => node("mo", text);
export const mtext = (text) => node("mtext", text);
export const sub = (base, below) => node("msub", base, below);
export const sup = (base, above) => node("msup", base, above);
export const frac = (above, below) => node("mfrac", above, below);
export const root = (inside) => node("msqrt", inside);
export const sum = (below) => (below ? node("munder", mo("∑"), below) : mo("∑"));

// A number as signed() writes it.
export function mn(text, kind = "") {
  const made = node("mn", text);
  if (kind) made.setAttribute("class", kind);
  return made;
}

// A number in the colour of its sign.
export const signedNumber = (value, text) => mn(text, value < 0 ? "negative" : value > 0 ? "positive" : "");

// ∂L/∂x
export const slope = (name) => frac(row(mo("∂"), mi("L")), row(mo("∂"), mi(name)));
