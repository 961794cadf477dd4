// <draft-keeper data-key>: keeps the words of its form in this browser until the server has accepted them.
{ // a form that was sent without htmx: the address that it led to says whether it was accepted
  const sent = sessionStorage.getItem("sent-draft");
  if (sent && /^#(outgoing|thread)-/.test(location.hash)) localStorage.removeItem(sent);
  sessionStorage.removeItem("sent-draft");
  for (const key of Object.keys(localStorage)) { // a draft may name whom it answers: after a day nobody may know that from us
    if (key.includes(":") && Date.now() - JSON.parse(localStorage.getItem(key)).at > 86_400_000) localStorage.removeItem(key);
  }
}
customElements.define("draft-keeper", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.area = this.form.elements.text;
    this.area.addEventListener("input", () => this.keep());
    this.form.addEventListener("composer-accepted", () => localStorage.removeItem(this.dataset.key));
    this.form.addEventListener("submit", () => {
      if (!this.form.hasAttribute("hx-post")) sessionStorage.setItem("sent-draft", this.dataset.key);
    });
    const draft = JSON.parse(localStorage.getItem(this.dataset.key));
    if (draft && draft.text.trim() !== this.area.value.trim()) this.offer(draft, this.area.value);
  }
  keep() {
    this.replaceChildren();
    if (!this.area.value.trim()) return localStorage.removeItem(this.dataset.key);
    localStorage.setItem(this.dataset.key, JSON.stringify({ text: this.area.value, at: Date.now() }));
  }
  offer(draft, before) { // a field with at most a greeting takes the draft at once, other words are not replaced unasked
    const at = new Date(draft.at);
    const day = at.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
    const when = at.toLocaleString("en-GB", { ...day, hour: "2-digit", minute: "2-digit" });
    const discard = this.button("Discard", () => { this.fill(before); localStorage.removeItem(this.dataset.key); });
    const use = this.button("Use it", () => { this.fill(draft.text); this.offer(draft, before); });
    const isIn = this.area.value === draft.text || !before.replace(/@\[.+?\]\(urn:.+?\)/g, "").trim();
    if (isIn) this.fill(draft.text);
    this.replaceChildren(`Draft from ${when}${isIn ? " restored" : ""} · `, ...(isIn ? [] : [use, " · "]), discard);
  }
  button(words, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "act act--go", textContent: words });
    button.addEventListener("click", () => {
      this.replaceChildren();
      act();
      (this.form.querySelector("[contenteditable]") ?? this.area).focus();
    });
    return button;
  }
  fill(text) {
    this.area.value = text;
    this.area.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
