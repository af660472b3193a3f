class DrawView extends HTMLElement {}

customElements.define("nural-draw", DrawView);
