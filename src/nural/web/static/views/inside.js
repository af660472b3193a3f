class InsideView extends HTMLElement {}

customElements.define("nural-inside", InsideView);
