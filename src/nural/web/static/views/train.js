class TrainView extends HTMLElement {}

customElements.define("nural-train", TrainView);
