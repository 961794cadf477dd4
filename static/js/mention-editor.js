// <mention-editor>: puts an editor, in which a mention is one solid chip, in the place of the textarea inside it.
// The textarea keeps the truth, text with tokens @[Name](urn), and hears "change" and "insert-words" from its neighbours;
// a browser that does not know plaintext-only goes on showing the textarea.
customElements.define("mention-editor", class extends HTMLElement {
  static token = /(?<!\\)(?:\\\\)*\\@\[|@\[((?:\\[\\\]]|(?!@\[|\]\()[^\n\r])+)\]\((urn:li:[A-Za-z]+:[\w-]+)\)/g;

  connectedCallback() {
    this.area = this.querySelector("textarea");
    this.page = this.querySelector("[role=textbox]");
    this.page.setAttribute("contenteditable", "plaintext-only");
    if (this.page.contentEditable !== "plaintext-only") return;
    this.page.style.whiteSpace = "pre-wrap"; // without it two spaces would become a foreign character
    this.area.parentNode.hidden = true;
    this.page.parentNode.hidden = false;
    this.page.addEventListener("input", () => this.write());
    this.page.addEventListener("paste", (event) => this.paste(event));
    this.page.addEventListener("blur", () => { this.caret = this.here(); });
    this.area.addEventListener("change", () => this.draw());
    this.area.addEventListener("insert-words", (event) => this.insert(event.detail.words, event.detail.back, event.preventDefault()));
    this.draw();
    if (this.area.autofocus) this.insert("");
  }
  read(text) { // a box of text and chips; the grammar of a token is the server's, where an odd backslash before @[ makes it text
    const box = document.createElement("div");
    let end = 0;
    for (const { 0: all, 1: name, 2: urn, index } of text.matchAll(this.constructor.token)) {
      if (!urn) continue;
      const chip = Object.assign(document.createElement("span"), { className: "chip", contentEditable: "false", dir: "auto" });
      chip.textContent = name.replace(/\\([\\\]])/g, "$1");
      chip.dataset.urn = urn;
      box.append(text.slice(end, index), chip);
      end = index + all.length;
    }
    box.append(text.slice(end));
    box.normalize();
    return box;
  }
  words(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    const lone = /(?<!\\)(?:\\\\)*\\$/.test(node.previousSibling?.data) ? "\\" : ""; // a backslash before a chip is one, not an escape
    if (node.dataset?.urn) return `${lone}@[${node.textContent.replace(/[\\\]]/g, "\\$&")}](${node.dataset.urn})`;
    if (node.nodeName === "BR") return "\n";
    const isLine = (child, said) => child.nodeName === "DIV" && said && !said.endsWith("\n"); // what other tools type has lines in boxes
    return [...node.childNodes].reduce((said, child) => `${said}${isLine(child, said) ? "\n" : ""}${this.words(child)}`, "");
  }
  draw() {
    this.page.replaceChildren(...this.read(this.area.value).childNodes);
    this.page.toggleAttribute("data-empty", !this.area.value);
  }
  write() {
    this.area.value = this.words(this.page).replace(/\n$/, ""); // the last one only makes room for the caret
    this.page.toggleAttribute("data-empty", !this.area.value);
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  here() { // the caret, also while the focus is in a menu
    const chosen = getSelection();
    return chosen.rangeCount && this.page.contains(chosen.focusNode) ? chosen.getRangeAt(0).cloneRange() : this.caret;
  }
  insert(words, back = 0) { // in place of so many characters before the caret; the browser's undo takes it back
    const range = this.here() ?? document.createRange();
    if (!this.page.contains(range.startContainer)) range.selectNodeContents(this.page), range.collapse(false);
    if (back) range.setStart(range.startContainer, range.startOffset - back);
    this.page.focus();
    getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    const box = this.read(words);
    this.page.contentEditable = "true"; // plaintext-only would refuse a chip
    if (words) document.execCommand(...(box.firstElementChild ? ["insertHTML", false, box.innerHTML] : ["insertText", false, words]));
    this.page.contentEditable = "plaintext-only";
  }
  paste(event) { // chips copied from a composer stay chips; all else comes as plain text
    const copied = new DOMParser().parseFromString(event.clipboardData.getData("text/html"), "text/html").body;
    const words = copied.querySelector("[data-urn]") ? this.words(copied) : event.clipboardData.getData("text/plain");
    if (!this.read(words).firstElementChild) return;
    event.preventDefault();
    this.insert(words.endsWith(")") ? `${words} ` : words);
  }
});
