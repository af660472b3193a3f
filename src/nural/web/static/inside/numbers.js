// Numbers that stand in one sum, written with so many decimals that what is written adds up.
import { signed } from "../components/colour.js";

const DIGITS = 4;

// {text(value), unit, sum}: all numbers of a sum in one unit and with the same decimals; `rest` is what is missing.
export function column(total, parts) {
  const largest = Math.max(Math.abs(total), ...parts.map(Math.abs));
  if (!Number.isFinite(largest)) return { text: (value) => signed(value, DIGITS), unit: 0, rest: null };
  const power = largest > 0 ? Math.floor(Math.log10(largest)) : 0;
  const unit = power < -3 || power > 4 ? power : 0;
  const decimals = Math.max(0, DIGITS - 1 - (power - unit));
  const scale = 10 ** decimals;
  const rounded = (value) => Math.round((value / 10 ** unit) * scale);
  const text = (value) => glyphed(rounded(value) / scale, decimals);
  const rest = (rounded(total) - parts.reduce((sum, part) => sum + rounded(part), 0)) / scale;
  return { text, unit, rest: glyphed(rest, decimals), restIsZero: rest === 0 };
}

function glyphed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

// "×10⁻⁷", or nothing.
export function unitText(unit) {
  if (!unit) return "";
  const digits = [...String(unit)].map((digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])).join("");
  return `×10${digits}`;
}
