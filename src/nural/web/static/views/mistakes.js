class MistakesView extends HTMLElement {}

customElements.define("nural-mistakes", MistakesView);
