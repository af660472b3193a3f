// Starts the page: language, appearance, models, and the tabs with a view in each.
import { fetchJson, GONE } from "./api.js";
import { element } from "./element.js";
import { languages, said, t, translate } from "./i18n.js";
import { start as startListening } from "./live.js";
import { menuOf, modelTitle, shownModel } from "./model-title.js";
import { start as startReading } from "./reader.js";
import { numberFrom, oneOf, preferredLanguage, store } from "./store.js";
import { decodeStrokes, encodeStrokes } from "./strokes.js";

const TABS = ["draw", "train", "inside", "mistakes"];
const views = new Map();
const byId = (id) => document.getElementById(id);

function buildTabs() {
  const list = document.querySelector(".tabs");
  for (const name of TABS) {
    list.append(
      element("button", {
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `panel-${name}`,
        t: `tab.${name}`,
        type: "button",
        onclick: () => store.set({ tab: name }),
      }),
    );
    byId("main").append(
      element("section", {
        role: "tabpanel",
        id: `panel-${name}`,
        "aria-labelledby": `tab-${name}`,
        hidden: true,
      }),
    );
  }
  list.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1, Home: -TABS.length, End: TABS.length }[event.key];
    if (!move) return;
    event.preventDefault();
    const now = TABS.indexOf(store.get("tab"));
    const next = Math.abs(move) > 1 ? (move > 0 ? TABS.length - 1 : 0) : (now + move + TABS.length) % TABS.length;
    store.set({ tab: TABS[next] });
    byId(`tab-${TABS[next]}`).focus();
  });
}

// A view is made when its tab is first opened, and told when it is shown and hidden.
async function showTab() {
  const chosen = store.get("tab");
  for (const name of TABS) {
    const open = name === chosen;
    byId(`tab-${name}`).setAttribute("aria-selected", open);
    byId(`tab-${name}`).tabIndex = open ? 0 : -1;
    const panel = byId(`panel-${name}`);
    if (panel.hidden === !open) continue;
    panel.hidden = !open;
    call(views.get(name), open ? "shown" : "hidden");
  }
  if (views.has(chosen)) return;
  const view = document.createElement(`nural-${chosen}`);
  views.set(chosen, view);
  await import(`./views/${chosen}.js`);
  byId(`panel-${chosen}`).append(view);
  translate(view);
  if (store.get("tab") === chosen) call(view, "shown");
}

// A view need not have the method; every element has a property `hidden`.
function call(view, method) {
  if (typeof view?.[method] === "function") view[method]();
}

function showLanguage() {
  document.documentElement.lang = languages[store.get("language")];
  document.title = t("title");
  translate(document.documentElement);
  byId("language").value = store.get("language");
  showModels();
}

function showTheme() {
  const theme = store.get("theme");
  byId("theme").value = theme;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

let titlesShown = "";

// The menu is left alone while it would say the same: somebody may have opened it.
function showModels() {
  const shown = shownModel();
  const titles = menuOf(shown).map((name) => [name, modelTitle(name)]);
  const now = JSON.stringify([shown, titles]);
  if (now === titlesShown) return;
  titlesShown = now;
  byId("model").replaceChildren(...titles.map(([name, title]) => element("option", { value: name }, title)));
  byId("model").value = shown ?? "";
}

// Ask which models there are; one that is gone is replaced by the first.
async function refreshModels() {
  const models = await fetchJson("api/models");
  const wanted = store.get("model");
  const known = models.some(({ name }) => name === wanted);
  const [{ name: first }] = models;
  store.set({ models, model: known ? wanted : first });
  if (!known && wanted) notify(t("model.missing", { name: modelTitle(wanted), other: modelTitle(first) }), true);
}

// The steps of the preparation that are left out, by name.
const encodeSwitches = (switches) =>
  Object.keys(switches)
    .filter((name) => !switches[name])
    .join(".");
const decodeSwitches = (text) => {
  const off = text.split(".");
  return { box: !off.includes("box"), scale: !off.includes("scale"), centre: !off.includes("centre") };
};
const decodeSample = (text) => {
  const [, set, index] = /^(training|validation|test)\.(\d{1,5})$/.exec(text) ?? [];
  return set && { kind: "sample", set, index: Number(index) };
};

let serverGone = false;
let noticeTimer;

// A line at the bottom, for a while; without a server there is nothing more to say until it is back.
function notify(sentence, stays = false) {
  byId("notice").textContent = said(sentence);
  byId("notice").hidden = false;
  clearTimeout(noticeTimer);
  if (stays || serverGone) return;
  noticeTimer = setTimeout(() => {
    byId("notice").hidden = true;
  }, 8000);
}

store.inAddress("tab", (tab) => (tab === TABS[0] ? "" : tab), oneOf(...TABS));
store.inAddress(
  "model",
  (name) => (name === "pretrained" ? "" : name),
  (name) => name || undefined,
);
store.inAddress("language", (language) => (language === preferredLanguage ? "" : language), oneOf("en", "zh"));
store.inAddress("theme", (theme) => (theme === "auto" ? "" : theme), oneOf("auto", "light", "dark"));
store.inAddress("label", String, (text) => (/^[0-9]$/.test(text) ? Number(text) : undefined));

store.inAddress("strokes", encodeStrokes, decodeStrokes, "ink");
store.inAddress("width", (width) => (width === 2.4 ? "" : String(width)), numberFrom(0.5, 8));
store.inAddress("switches", encodeSwitches, decodeSwitches, "without");
store.inAddress(
  "source",
  (source) => (source.kind === "sample" ? `${source.set}.${source.index}` : ""),
  decodeSample,
  "sample",
);

buildTabs();
for (const id of ["language", "theme"]) {
  byId(id).addEventListener("change", () => store.set({ [id]: byId(id).value }));
}
byId("model").addEventListener("change", ({ target }) => {
  store.set({ model: target.value, "inside.network": null, "inside.stepped": null });
  byId("notice").hidden = true;
});
store.on(["tab"], showTab);
store.on(["language"], showLanguage);
store.on(["theme"], showTheme);
store.on(["models", "model", "training", "tab", "inside.network", "inside.stepped"], showModels);
addEventListener("hashchange", () => store.read());
document.addEventListener("announce", ({ detail }) => {
  byId("announcement").textContent = detail;
});
document.addEventListener("notice", ({ detail }) => notify(detail));
document.addEventListener("server", ({ detail }) => {
  serverGone = detail.gone;
  if (serverGone) notify(GONE);
  else {
    byId("notice").hidden = true;
    document.dispatchEvent(new CustomEvent("models"));
  }
});
document.addEventListener("models", () => refreshModels().catch((error) => notify(error.message)));
showLanguage();
showTheme();
try {
  await refreshModels();
} catch (error) {
  notify(error.message);
}
startReading();
startListening();
await showTab();
for (const name of TABS) import(`./views/${name}.js`); // so that they are there when the server is not
