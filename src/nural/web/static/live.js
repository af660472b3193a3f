// The stream of the server's events: the state of the training. One per page, and none while the page is hidden, since
// a browser opens at most six connections to one server.
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
