// <page-filter>: leaves those items of the list inside it that contain what is typed into its search field.
customElements.define("page-filter", class extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input[type=search]");
    if (!field) return;
    field.hidden = false;
    field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    field.addEventListener("input", () => {
      for (const item of this.querySelectorAll("li"))
        item.hidden = !item.textContent.toLowerCase().includes(field.value.trim().toLowerCase());
    });
  }
});
