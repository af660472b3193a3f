// Formulas in MathML, in one expression: math(mi("z"), mo("="), …).
import { element } from "../element.js";

const BREAKS = ["=", "+", "·"];
const MATH = "http://www.w3.org/1998/Math/MathML";

function node(tag, ...children) {
  const made = document.createElementNS(MATH, tag);
  made.append(...children);
  return made;
}

// Browsers do not break a <math> between lines: each of these signs begins one of its own, so that a formula fits a phone.
export function math(...children) {
  const parts = [[]];
  for (const child of children) {
    if (BREAKS.includes(child.textContent) && parts.at(-1).length) {
      child.setAttribute("form", "infix");
      parts.push([]);
    }
    parts.at(-1).push(child);
  }
  const lines = parts.map((part) => node("math", node("mrow", ...part)));
  return element("span", { class: "formula" }, ...lines.flatMap((line) => [line, element("wbr")]));
}

export const row = (...children) => node("mrow", ...children);
export const mi = (text) => node("mi", text);

// A sign; parentheses stay as high as the line.
export function mo(text) {
  const made = node("mo", text);
  if ("()".includes(text)) made.setAttribute("stretchy", "false");
  return made;
}

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
