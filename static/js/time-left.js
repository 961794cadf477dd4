// <time-left due now>5 s</time-left>: counts the seconds down by the server's clock; the words without script are true too.
customElements.define("time-left", class extends HTMLElement {
  connectedCallback() {
    const due = Date.parse(this.getAttribute("due"));
    const told = Date.parse(this.getAttribute("now")) || due - parseInt(this.textContent, 10) * 1000;
    const ends = due - told + Date.now(); // on this machine's clock
    this.timer = setInterval(() => this.show(Math.ceil((ends - Date.now()) / 1000)), 250);
  }
  disconnectedCallback() {
    clearInterval(this.timer);
  }
  show(left) {
    this.textContent = left > 0 ? `${left} s` : "a moment";
    if (left <= 0) clearInterval(this.timer);
  }
});
