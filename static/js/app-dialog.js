// <app-dialog>: opens the dialog inside it when htmx has put something there, and closes it when that is done with.
// Escape is the browser's; [data-close], the backdrop and any answer but "please correct" (422) close too.
customElements.define("app-dialog", class extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.addEventListener("htmx:afterSwap", (event) => this.filled(event));
    document.addEventListener("htmx:afterRequest", (event) => this.answered(event)); // its buttons may belong to a form outside
    this.addEventListener("click", (event) => {
      if (event.target !== this.dialog && !event.target.closest("[data-close]")) return;
      event.preventDefault();
      this.dialog.close();
    });
    this.dialog.addEventListener("close", () => {
      this.dialog.replaceChildren();
      (this.dialog.opener?.isConnected ? this.dialog.opener : document.querySelector("main")).focus();
    });
  }
  filled({ detail }) {
    if (detail.target === this.dialog && this.dialog.childElementCount && !this.dialog.open) this.dialog.showModal();
  }
  answered({ detail: { elt, target, xhr, requestConfig } }) { // the page behind it writes as well: what somebody has seen
    const isOurs = this.dialog.contains(requestConfig.triggeringEvent?.submitter ?? elt);
    const goesOn = xhr.status === 422 || (target === this.dialog && xhr.status < 300 && xhr.responseText);
    if (isOurs && requestConfig.verb !== "get" && !goesOn) this.dialog.close();
  }
});
