// <mention-menu data-from>: people and Pages for the word after "@", as a listbox that the server has drawn.
// The focus stays in the editor (aria-activedescendant); the choice goes to the textarea as "insert-words".
customElements.define("mention-menu", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.page = this.form.querySelector("[contenteditable]");
    if (!this.page) return;
    for (const type of ["input", "compositionend"]) this.page.addEventListener(type, (event) => event.isComposing || this.look());
    this.page.addEventListener("keydown", (event) => this.lastElementChild && !event.isComposing && this.key(event));
    this.page.addEventListener("blur", () => this.close());
    this.addEventListener("mousedown", (event) => event.preventDefault());
    this.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
    this.form.querySelector("[data-mention]").addEventListener("click", () => this.put(/\S$/.test(this.before()) ? " @" : "@", 0));
  }
  before() { // the words left of the caret
    const { focusNode: node, focusOffset: at } = getSelection();
    return node?.nodeType === Node.TEXT_NODE && this.page.contains(node) ? node.data.slice(Math.max(0, at - 60), at) : "";
  }
  put(words, back) {
    this.form.elements.text.dispatchEvent(new CustomEvent("insert-words", { cancelable: true, detail: { words, back } }));
  }
  look() {
    this.close();
    this.asked = this.before().match(/(?<![\p{L}\p{N}_.])@((?:[^\s@]+ ?){0,3})$/u);
    const isRefused = this.refused && this.asked?.[0].startsWith(this.refused);
    if (!isRefused) this.refused = "";
    if (this.asked && !isRefused) this.timer = setTimeout(() => this.ask(this.asked[1].trim()), 100);
  }
  ask(q) { // an answer to an older question never comes after a newer one: close() has ended it
    this.asking = new AbortController();
    const { signal } = this.asking;
    const address = new URL(this.dataset.from, location);
    address.searchParams.set("q", q);
    address.searchParams.set("as", this.form.elements.as.selectedOptions[0].dataset.key);
    fetch(address, { signal, headers: { "HX-Request": "true" } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : Promise.reject(new Error(answer.status))))
      .then((html) => this.open(html), () => signal.aborted || this.open(`<p class="menu" role="status">${this.dataset.failed}</p>`));
  }
  open(html) {
    this.innerHTML = html;
    if (!this.querySelector("[role=option]") && /\s/.test(this.asked[1])) return this.close(); // nobody is meant
    this.place(this.firstElementChild);
    this.mark(0);
  }
  place(menu) { // above or below the whole form: neither the actor nor the button that sends is ever covered
    const [{ top, bottom }, here] = [this.form, this].map((element) => element.getBoundingClientRect());
    const [above, below] = [top - 8, innerHeight - bottom - 8];
    const isAbove = menu.offsetHeight <= above || above > below;
    menu.style.maxBlockSize = `min(32rem, ${Math.max(isAbove ? above : below, 120)}px)`;
    menu.style.insetBlock = isAbove ? `auto ${here.bottom - top + 4}px` : `${bottom - here.top + 4}px auto`;
  }
  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.replaceChildren();
    for (const name of ["aria-controls", "aria-activedescendant"]) this.page.removeAttribute(name);
  }
  mark(step) { // step from the marked option, around the ends
    const options = [...this.querySelectorAll("[role=option]")];
    const at = options.findIndex((option) => option.ariaSelected === "true");
    const next = options.at((Math.max(at, 0) + step) % options.length);
    if (!next) return;
    for (const option of options) option.ariaSelected = String(option === next);
    next.scrollIntoView({ block: "nearest" });
    this.page.setAttribute("aria-controls", next.closest("[role=listbox]").id);
    this.page.setAttribute("aria-activedescendant", next.id);
  }
  choose(option) {
    if (option) this.put(`@[${option.dataset.name.replace(/[\\\]]/g, "\\$&")}](${option.dataset.urn}) `, this.asked[0].length), this.close();
  }
  key(event) {
    const option = this.querySelector("[aria-selected=true]");
    const act = { ArrowDown: () => this.mark(1), ArrowUp: () => this.mark(-1), Escape: () => this.close((this.refused = this.asked[0])) };
    if (option) act.Enter = act.Tab = () => this.choose(option);
    if (!act[event.key] || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    act[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }
});
