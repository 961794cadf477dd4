// <composer-box>: says as whom its form will speak, sends by Ctrl/⌘+Enter, and keeps the words when sending fails.
// Tells the form's other elements by "composer-accepted" when the server has taken the words over.
customElements.define("composer-box", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.main = this.form.querySelector(".button--main");
    for (const tool of this.querySelectorAll("[data-scripted]")) tool.hidden = false;
    for (const type of ["change", "keydown", "click", "htmx:beforeRequest", "htmx:beforeOnLoad", "htmx:sendError", "htmx:timeout", "role-lost"])
      this.form.addEventListener(type, this);
    this.sayActor();
  }
  handleEvent(event) {
    if (event.type === "change") return event.target.name === "as" && this.sayActor();
    if (event.type === "keydown") return this.sendByKey(event);
    if (event.type === "click") return this.click(event);
    if (event.target !== this.form) return;
    if (event.type === "htmx:beforeRequest") this.say("");
    else if (event.type === "htmx:beforeOnLoad") this.answered(event);
    else this.say(event.type === "role-lost" ? "lost" : "failed");
  }
  sayActor() {
    const { dataset } = this.form.elements.as.selectedOptions[0];
    for (const words of this.querySelectorAll("[data-says]")) words.textContent = `${words.dataset.says} as ${dataset.name}`;
    for (const place of this.querySelectorAll("[data-logo]"))
      place.replaceChildren(this.querySelector(`template[data-key="${dataset.key}"]`).content.cloneNode(true));
  }
  sendByKey(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    if (!this.main.disabled) this.form.requestSubmit(this.main);
  }
  answered(event) { // a redirect ends on another page, for example at the sign-in: then nothing was taken over
    const { xhr } = event.detail;
    const elsewhere = xhr.getResponseHeader("HX-Redirect") || new URL(xhr.responseURL).pathname !== new URL(this.form.action).pathname;
    if (elsewhere) event.preventDefault();
    if (elsewhere) this.say("away");
    else if (xhr.status >= 400 && xhr.status !== 422) this.say(xhr.status === 403 ? "old" : "failed");
    else if (xhr.status < 300) this.form.dispatchEvent(new CustomEvent("composer-accepted"));
  }
  say(what) { // the sentences stand in the template
    for (const said of this.querySelectorAll("[data-on]")) said.parentNode.hidden = said.dataset.on !== what;
    if (what) (this.querySelector("[contenteditable]") ?? this.form.elements.text).focus(); // the button is still disabled
  }
  click(event) {
    const slot = event.target.closest("[data-cancel]") && this.form.closest("[id^=reply-slot-]");
    if (!slot) return;
    event.preventDefault();
    slot.replaceChildren();
    slot.opener?.focus();
  }
});
