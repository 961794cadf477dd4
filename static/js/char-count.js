// <char-count data-max data-from>: how much room is left, shown near the limit; a mention counts as its name.
customElements.define("char-count", class extends HTMLElement {
  token = /(?!)/g; // until the editor has told its own

  connectedCallback() {
    this.form = this.closest("form");
    for (const type of ["input", "change"]) this.form.elements.text.addEventListener(type, () => this.show());
    customElements.whenDefined("mention-editor").then(({ token }) => this.show(this.token = token));
  }
  show() {
    const words = this.form.elements.text.value.replace(this.token, (all, name) => name?.replace(/\\([\\\]])/g, "$1") ?? all);
    const count = [...words].length; // as they will be sent, in code points, not halves of an emoji
    const left = Number(this.dataset.max) - count;
    const [seen, heard] = this.children;
    seen.textContent = count < Number(this.dataset.from) ? "" : left < 0 ? `${-left} too many` : `${left} left`;
    this.classList.toggle("composer__count--near", Boolean(seen.textContent));
    if (!seen.textContent || left % 10 === 0 || left < 0 !== this.wasOver) heard.textContent = seen.textContent;
    this.wasOver = left < 0;
  }
});
