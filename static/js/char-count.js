// <char-count data-max data-from>: how much room is left, shown near the limit; a mention counts as its name.
customElements.define("char-count", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    for (const type of ["input", "change"]) this.form.elements.text.addEventListener(type, () => this.show());
    this.show();
  }
  show() {
    const words = this.form.querySelector("[contenteditable]")?.textContent ?? this.form.elements.text.value;
    const count = [...words.trim()].length; // code points, not halves of an emoji
    const left = Number(this.dataset.max) - count;
    const [seen, heard] = this.children;
    seen.textContent = count < Number(this.dataset.from) ? "" : left < 0 ? `${-left} too many` : `${left} left`;
    this.classList.toggle("composer__count--near", Boolean(seen.textContent));
    if (!seen.textContent || left % 10 === 0 || left < 0 !== this.wasOver) heard.textContent = seen.textContent;
    this.wasOver = left < 0;
  }
});
