// What happened to one cell, as formulas with its numbers: forward z → a, backward ∂L/∂a → ∂L/∂z.
import { plain, signed } from "../components/colour.js";
import { element } from "../element.js";
import { t } from "../i18n.js";
import { frac, math, mi, mn, mo, mtext, root, row, signedNumber, slope, sub, sum, sup } from "./math.js";

const DIGITS = 4;
const number = (value) => signedNumber(value, signed(value, DIGITS));

// The letter of each station: z for the sum, u for what batch norm makes of it, a for what the next layer takes.
export const letters = (stations) =>
  stations.map(({ kind }, i) =>
    kind === "function" ? "a" : kind === "scale" ? "u" : i === stations.length - 1 && kind !== "sum" ? "a" : "z",
  );

// One line per station, from below to above.
export function forwardLines({ stations, forward, loss }) {
  const names = letters(stations);
  const lines = stations.map((station, i) =>
    line(
      t(`inside.line.${station.kind}`, { type: station.type }),
      forwardFormula(station, names[i], names[i - 1], stations[i - 1], forward),
      station,
    ),
  );
  if (loss) {
    lines.push(
      line(
        t("inside.line.softmax"),
        math(
          mi("p"),
          mo("="),
          frac(sup(mi("e"), mi("z")), row(sum(mi("c")), sup(mi("e"), sub(mi("z"), mi("c"))))),
          mo("="),
          mn(plain(loss.probability, DIGITS)),
        ),
        null,
      ),
    );
  }
  return lines;
}

function forwardFormula(station, name, before, previous, forward) {
  const value = number(station.value);
  switch (station.kind) {
    case "ink":
      return math(mi("x"), mo("="), mn(plain(station.value, DIGITS)));
    case "sum":
      return math(
        mi(name),
        mo("="),
        sum(),
        mi("x"),
        mo("·"),
        mi("w"),
        ...(forward?.bias ? [mo("+"), mi("b")] : []),
        mo("="),
        value,
      );
    case "max":
      return math(mi(name), mo("="), mi("max"), mo("("), mi("x"), mo(")"), mo("="), value);
    case "mean":
      return math(mi(name), mo("="), frac(mn("1"), mn(String(forward?.count ?? "n"))), sum(), mi("x"), mo("="), value);
    case "add":
      return math(mi(name), mo("="), mtext(t("inside.branch")), mo("+"), mtext(t("inside.shortcut")), mo("="), value);
    case "scale":
      return math(
        mi(name),
        mo("="),
        mi("γ"),
        frac(row(mi(before), mo("−"), mi("μ")), root(row(sup(mi("σ"), mn("2")), mo("+"), mi("ε")))),
        mo("+"),
        mi("β"),
        mo("="),
        mn(plain(station.gamma, DIGITS)),
        mo("·"),
        frac(
          row(number(previous.value), mo("−"), mo("("), number(station.running_mean), mo(")")),
          root(row(mn(plain(station.running_var, DIGITS)), mo("+"), mn(plain(station.eps, 1)))),
        ),
        mo("+"),
        mo("("),
        number(station.beta),
        mo(")"),
        mo("="),
        value,
      );
    case "function":
      return math(
        mi(name),
        mo("="),
        mtext(station.type),
        mo("("),
        mi(before),
        mo(")"),
        mo("="),
        mtext(station.type),
        mo("("),
        number(previous.value),
        mo(")"),
        mo("="),
        value,
      );
    default:
      return math(mi(name), mo("="), value);
  }
}

// From above to below.
export function backwardLines({ stations, backward, loss }) {
  const names = letters(stations);
  const top = stations.at(-1);
  if (top.gradient === null) return [];
  const lines = [];
  if (loss) {
    lines.push(
      line(
        t("inside.line.loss"),
        math(
          slope("z"),
          mo("="),
          mi("p"),
          mo("−"),
          mi("t"),
          mo("="),
          mn(plain(loss.probability, DIGITS)),
          mo("−"),
          mn(String(loss.target)),
          mo("="),
          number(top.gradient),
        ),
        null,
      ),
    );
  } else {
    const name = top.kind === "ink" ? "x" : names.at(-1);
    lines.push(
      line(
        t(backward ? "inside.line.back" : "inside.line.whole"),
        math(
          slope(name),
          mo("="),
          ...(backward ? [sum(), mi("w"), mo("·"), mi("δ"), mo("=")] : []),
          number(top.gradient),
        ),
        null,
      ),
    );
  }
  for (let i = stations.length - 1; i > 0; i -= 1) {
    const [station, previous] = [stations[i], stations[i - 1]];
    const factor =
      station.kind === "scale"
        ? frac(mi("γ"), root(row(sup(mi("σ"), mn("2")), mo("+"), mi("ε"))))
        : row(mi("f"), mtext("′"), mo("("), mi(names[i - 1]), mo(")"));
    const said =
      station.kind === "function" && station.slope === 0 ? "inside.line.closed" : `inside.line.back.${station.kind}`;
    lines.push(
      line(
        t(said, { type: station.type }),
        math(
          slope(names[i - 1]),
          mo("="),
          slope(names[i]),
          mo("·"),
          factor,
          mo("="),
          number(station.gradient),
          mo("·"),
          number(station.slope),
          mo("="),
          number(previous.gradient),
        ),
        null,
      ),
    );
  }
  return lines;
}

function line(said, formula, station) {
  return element(
    "li",
    station ? { "data-step": station.step, "data-value": station.value } : {},
    element("span", { class: "said" }, said),
    formula,
  );
}
