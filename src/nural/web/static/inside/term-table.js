// The terms of a sum, the largest first and the rest as one number, so that what is written adds up.
import { signed } from "../components/colour.js";
import { element } from "../element.js";
import { t } from "../i18n.js";
import { column, unitText } from "./numbers.js";

// `sum` as the server sends it; `signs` names the factors; `onCell(step, index)` and `onWeight(parameter, entry)` are
// called when a person follows a term; `where(term)` says where a term comes from; `product` heads the products.
export function termTable({ sum, caption, factors, product, where, onCell, onWeight, onMore, total }) {
  const parts = [...sum.terms.map(({ product }) => product), ...(sum.bias ? [sum.bias.value] : [])];
  const numbers = column(sum.total, parts);
  const largest = Math.max(...sum.terms.map(({ product }) => Math.abs(product)), 1e-300);
  const unit = unitText(numbers.unit);
  const rows = sum.terms.map((term) => {
    const share = Math.abs(term.product) / largest;
    const bar = element("span", { class: `share ${term.product < 0 ? "minus" : "plus"}`, "aria-hidden": "true" });
    bar.style.transform = `scaleX(${share})`;
    return element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        element("button", { class: "link", type: "button", onclick: () => onCell(term) }, where(term)),
      ),
      element("td", { class: "number figures", "data-value": term.value }, signed(term.value, 4)),
      element(
        "td",
        { class: "number figures" },
        term.parameter
          ? element(
              "button",
              {
                class: "link",
                type: "button",
                "data-value": term.weight,
                "aria-label": `${signed(term.weight, 4)}, ${t("inside.weight.open", { name: weightName(term) })}`,
                onclick: () => onWeight(term.parameter, term.entry),
              },
              signed(term.weight, 4),
            )
          : element("span", { "data-value": term.weight ?? term.delta }, signed(term.weight ?? term.delta, 4)),
      ),
      element(
        "td",
        { class: "number figures product", "data-value": term.product },
        coloured(term.product, numbers.text(term.product)),
      ),
      element("td", { class: "barcell" }, bar),
    );
  });
  const wide = (name, text, value, className = "") =>
    element(
      "tr",
      { class: className },
      element("th", { scope: "row", colspan: "3" }, name),
      element("td", { class: "number figures product", "data-value": value }, text),
      element("td", {}),
    );
  if (sum.bias) {
    const name = element(
      "button",
      { class: "link", type: "button", onclick: () => onWeight(sum.bias.parameter, sum.bias.entry) },
      t("inside.bias", { name: weightName(sum.bias) }),
    );
    rows.push(wide(name, coloured(sum.bias.value, numbers.text(sum.bias.value)), sum.bias.value));
  }
  if (sum.rest && (sum.rest.count || !numbers.restIsZero)) {
    rows.push(
      wide(
        sum.rest.count ? t("inside.rest", { count: sum.rest.count }) : t("inside.rounding"),
        numbers.rest,
        sum.rest.value,
        "rest",
      ),
    );
  }
  rows.push(wide(total, coloured(sum.total, numbers.text(sum.total)), sum.total, "total"));
  return element(
    "div",
    { class: "terms" },
    element(
      "table",
      {},
      element(
        "caption",
        {},
        caption,
        " ",
        element(
          "span",
          { class: "soft" },
          sum.count ? t("inside.terms.count", { count: sum.count, zeros: sum.zeros }) : "",
          unit ? ` ${t("inside.unit", { unit })}` : "",
        ),
      ),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, factors[0]),
          ...[factors[1], factors[2]].map((name) => element("th", { scope: "col", class: "number" }, name)),
          element("th", { scope: "col", class: "number" }, `${product}${unit ? ` ${unit}` : ""}`),
          element("td", {}),
        ),
      ),
      element("tbody", {}, ...rows),
    ),
    sum.rest?.count && onMore
      ? element("button", { class: "quiet", type: "button", onclick: onMore }, t("inside.more"))
      : null,
  );
}

const coloured = (value, text) =>
  element("span", { class: value < 0 ? "negative" : value > 0 ? "positive" : "" }, text);

export const weightName = ({ parameter, entry }) => `${parameter}[${entry.join(",")}]`;
export const cellName = (index) =>
  index.length === 3
    ? t("inside.place", { row: index[0], column: index[1], channel: index[2] })
    : t("inside.place.row", { i: index[0] });
