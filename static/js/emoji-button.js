// <emoji-button data-picker data-source>: fetches the emoji picker on the first click and puts the chosen one at the caret.
// The picker opens in the composer's room for menus ([data-emoji]); Escape closes it and goes back to the text.
customElements.define("emoji-button", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.room = this.form.querySelector("[data-emoji]");
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => (this.room.firstChild ? this.close() : this.open()));
    this.room.addEventListener("emoji-click", (event) => this.close(event.detail.unicode));
    this.room.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    this.room.addEventListener("focusout", ({ relatedTarget: to }) => {
      if (to && to !== this.button && !this.room.contains(to)) this.shut();
    });
  }
  async open() {
    const menu = Object.assign(document.createElement("div"), { className: "menu", textContent: "Fetching the emoji…" });
    this.room.replaceChildren(menu);
    this.button.ariaExpanded = "true";
    try {
      await import(this.dataset.picker);
    } catch (error) {
      menu.textContent = "The emoji could not be fetched. Your system’s own emoji keys still work.";
      throw error;
    }
    const picker = document.createElement("emoji-picker");
    picker.dataSource = this.dataset.source;
    picker.style.cssText = "inline-size: 100%; block-size: min(20rem, 60vh); --category-emoji-padding: 0.375rem";
    menu.replaceChildren(picker);
    const [foot, head] = [this.room, this.form].map((element) => element.getBoundingClientRect().top);
    if (foot + menu.offsetHeight > innerHeight && head > menu.offsetHeight) // no room below: above the composer
      menu.style.insetBlock = `auto ${foot - head + 4}px`;
    requestAnimationFrame(() => picker.shadowRoot.querySelector("input").focus());
  }
  shut() {
    this.room.replaceChildren();
    this.button.ariaExpanded = "false";
  }
  close(words = "") {
    this.shut();
    const event = new CustomEvent("insert-words", { cancelable: true, detail: { words } });
    const { text } = this.form.elements;
    if (!text.dispatchEvent(event)) return;
    text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  }
});
