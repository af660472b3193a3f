// The table behind a picture: the same numbers as text.
import { element } from "../element.js";
import { t } from "../i18n.js";

// <details> that is filled when it is opened; `rows()` gives {columns, rows}, of texts.
export function textTable(rows) {
  const body = element("div", { class: "scroll", tabindex: "0", role: "region", tLabel: "table" });
  const details = element("details", { class: "table" }, element("summary", { t: "table" }), body);
  const fill = () => {
    if (!details.open) return;
    const { columns, rows: lines } = rows();
    const [first, ...others] = columns;
    body.replaceChildren(
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "col" }, first),
            ...others.map((name) => element("th", { scope: "col", class: "number" }, name)),
          ),
        ),
        element(
          "tbody",
          {},
          ...lines.map(([head, ...cells]) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, head),
              ...cells.map((cell) => element("td", { class: "number" }, cell)),
            ),
          ),
        ),
      ),
    );
    body.setAttribute("aria-label", t("table"));
  };
  details.addEventListener("toggle", fill);
  details.refresh = fill;
  return details;
}
