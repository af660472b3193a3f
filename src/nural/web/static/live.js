// The stream of the server's events: what the training is at. One a page, and none while the page cannot be seen, for
// a browser opens six connections to one server and no more.
import { listen } from "./api.js";
import { store } from "./store.js";

let end = null;

function heard(status) {
  const before = store.get("training");
  store.set({ training: status, modelVersion: status.published ?? 0 });
  const others = before?.generation !== status.generation || before?.state !== status.state;
  if (others && status.state !== "none") document.dispatchEvent(new CustomEvent("models"));
}

function follow() {
  if (document.hidden) {
    end?.();
    end = null;
  } else {
    end ??= listen("api/training/events", heard);
  }
}

export function start() {
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => end?.());
  follow();
}
