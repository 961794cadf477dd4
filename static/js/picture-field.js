// <picture-field data-max-mb data-why-not>: a picture by picking, pasting or dropping, with a preview, kept in the real file input.
// What it refuses here only saves a round trip; the server judges. With data-why-not it takes none and says why, else the
// chosen actor's data-no-picture decides; a picture that is there stays when another actor is chosen.
customElements.define("picture-field", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.input = this.querySelector("input[type=file]");
    this.problem = this.querySelector("[role=alert]");
    this.told = this.form.querySelector(".composer__why");
    for (const type of ["paste", "drop", "dragover", "change"]) this.form.addEventListener(type, this);
    if (!this.input) return this.judge();
    this.keep = this.querySelector("[name=attachment]");
    this.querySelector("[data-plain]").hidden = true;
    this.preview = this.querySelector("[data-preview]");
    this.input.addEventListener("change", () => this.show());
    this.form.querySelector("button[data-picture]").addEventListener("click", () => this.input.click());
    this.querySelector("[data-remove]").addEventListener("click", () => this.remove());
    this.show();
  }
  get whyNot() {
    return this.dataset.whyNot ?? this.form.elements.as.selectedOptions[0].dataset.noPicture;
  }
  get hasOne() {
    return Boolean(this.input?.files.length || this.keep?.isConnected);
  }
  judge() {
    this.told.hidden = !this.whyNot;
    this.told.lastElementChild.textContent = this.whyNot;
    const isSaid = this.form.querySelector(".composer__said li")?.parentElement.textContent.includes(this.whyNot);
    this.problem.textContent = this.hasOne && !isSaid ? this.whyNot : ""; // the server's refusal says it and stays
    if (this.input) this.form.querySelector("button[data-picture]").hidden = Boolean(this.whyNot);
  }
  handleEvent(event) {
    if (event.type === "change") return event.target.name === "as" && this.judge();
    const brought = event.clipboardData ?? event.dataTransfer;
    const isWords = event.type === "paste" && brought.getData("text/plain"); // a table brings its own picture along
    if (!brought.types.includes("Files") || isWords) return;
    event.preventDefault();
    if (event.type === "dragover") return;
    if (this.whyNot) return void (this.problem.textContent = this.whyNot);
    const carrier = new DataTransfer();
    carrier.items.add(brought.files[0]);
    this.input.files = carrier.files;
    this.show();
  }
  show() {
    const [file] = this.input.files;
    const isWrong = file && (!this.input.accept.split(",").includes(file.type) || file.size > this.dataset.maxMb * 2 ** 20);
    if (isWrong) this.input.value = "";
    this.judge();
    if (isWrong) this.problem.textContent = `${file.name} was not added: a picture is a JPEG, PNG or GIF of at most ${this.dataset.maxMb} MB.`;
    URL.revokeObjectURL(this.shown);
    if (file && !isWrong) {
      this.keep?.remove();
      this.shown = URL.createObjectURL(file);
      this.preview.replaceChildren(Object.assign(new Image(), { src: this.shown, alt: `Your picture: ${file.name}` }));
      this.querySelector("[data-facts]").textContent = `${file.name}, ${Math.ceil(file.size / 1024).toLocaleString("en")} kB.`;
    }
    this.firstElementChild.hidden = !this.hasOne;
  }
  remove() {
    this.input.value = "";
    this.keep?.remove();
    this.show();
    this.form.querySelector("button[data-picture]").focus();
  }
});
