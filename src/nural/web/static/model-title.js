// The names of networks as a person reads them, and which of them a menu holds.
import { t } from "./i18n.js";
import { store } from "./store.js";

const FEW = [0, 1 / 3, 2 / 3]; // of the snapshots: where in the training those of a menu were taken

export function modelTitle(name) {
  const [kind, which] = name.split(":");
  if (kind === "snapshot") return which === "0" ? t("model.untrained") : t("model.snapshot", { step: which });
  if (kind === "broken") return t("model.broken", { name: t(`inside.break.${which}`) });
  if (kind === "step")
    return t("model.stepped", { name: modelTitle(store.get("inside.network") ?? store.get("model")) });
  const { state, step } = store.get("training") ?? {};
  if (name === "training" && step !== undefined && state !== "running") return t("model.trained", { step });
  const title = t(`model.${name}`);
  return title === `model.${name}` ? name : title;
}

// The network that the page shows: in the view Inside it may be a broken one, or one after a step.
export function shownModel() {
  const model = store.get("model");
  return store.get("tab") === "inside" ? (store.get("inside.stepped") ?? store.get("inside.network") ?? model) : model;
}

// All networks but snapshots, of these a few, and the one that is chosen.
export function menuOf(chosen) {
  const names = store.get("models").map(({ name }) => name);
  const stepOf = (name) => Number(name.slice("snapshot:".length));
  const snapshots = names.filter((name) => name.startsWith("snapshot:")).sort((a, b) => stepOf(a) - stepOf(b));
  const few = FEW.map((share) => snapshots[Math.floor(share * snapshots.length)]);
  const kept = snapshots.filter((name) => name === chosen || few.includes(name));
  const menu = [...names.filter((name) => !snapshots.includes(name)), ...kept];
  return chosen && !menu.includes(chosen) ? [...menu, chosen] : menu;
}
