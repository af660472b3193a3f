// Elements, built in one expression: element("button", { class: "quiet", t: "draw.undo", onclick }, ...children).

const SVG = "http://www.w3.org/2000/svg";

// `t`, `tLabel` and `tTitle` are keys of texts (see i18n.js); `on…` are listeners; true and false set an attribute or leave it out.
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "t") made.setAttribute("data-t", value);
    else if (name === "tLabel") made.setAttribute("data-t-label", value);
    else if (name === "tTitle") made.setAttribute("data-t-title", value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
