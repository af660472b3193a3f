// Texts by key, in the language chosen. A text that a language lacks is shown in English.
import english from "./i18n/en.js";
import insideEnglish from "./i18n/inside-en.js";
import insideChinese from "./i18n/inside-zh.js";
import chinese from "./i18n/zh.js";
import { store } from "./store.js";

const texts = {
  en: { ...english, ...insideEnglish },
  zh: { ...chinese, ...insideChinese },
};
export const languages = { en: "en", zh: "zh-Hans" };

// The text of `key`; `{name}` in it becomes `values.name`.
export function t(key, values = {}) {
  const text = texts[store.get("language")]?.[key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

// A sentence that the server said in English, in the language chosen where it is known.
export const said = (sentence) => {
  const key = `said.${sentence}`;
  return texts[store.get("language")]?.[key] ?? sentence;
};

// Fill marked elements: data-t for the text, data-t-label for aria-label, data-t-title for title, data-t-placeholder.
export function translate(root) {
  const marks = [
    ["data-t", null],
    ["data-t-label", "aria-label"],
    ["data-t-title", "title"],
  ];
  for (const [mark, attribute] of marks) {
    const found = [...root.querySelectorAll(`[${mark}]`)];
    if (root.matches?.(`[${mark}]`)) found.push(root);
    for (const element of found) {
      const text = t(element.getAttribute(mark));
      if (attribute) element.setAttribute(attribute, text);
      else if (element.textContent !== text) element.textContent = text;
    }
  }
}
