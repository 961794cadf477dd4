// Single keys: j/k move between comments, r l # act on the one that has the focus, g p/h/i/s go, ? lists them all.
// The list is a template of the page; the keys keep quiet while somebody types, and can be switched off there.
if (document.getElementById("keys")) {
  const template = document.getElementById("keys");
  const dialog = template.content.firstElementChild;
  const off = dialog.querySelector("input");
  let went = 0; // when g was pressed

  const move = (step) => {
    const comments = [...document.querySelectorAll("article.comment")];
    const at = comments.indexOf(document.activeElement.closest("article.comment"));
    const next = comments[at < 0 ? (step > 0 ? 0 : comments.length - 1) : at + step];
    if (!next) return;
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const act = (selector) => document.activeElement.closest("article.comment")?.querySelector(selector)?.click();
  const list = () => dialog.open || dialog.showModal();
  const keys = {
    j: () => move(1), k: () => move(-1), "?": list, g: () => { went = Date.now(); },
    r: () => act("footer a[href*='/replies/']"), l: () => act("footer button[formaction*='/reaction/']"),
    "#": () => act("footer a[href$='/deletion/']"),
  };

  const more = dialog.nextElementSibling; // the way to the list without a key, beside "Sign out"
  more.addEventListener("click", list);
  off.checked = localStorage.getItem("keys") === "off";
  off.addEventListener("change", () => localStorage.setItem("keys", off.checked ? "off" : "on"));
  document.getElementById("me").append(more);
  document.body.append(dialog);

  document.addEventListener("keydown", (event) => {
    const isTyping = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable]") || event.isComposing;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (off.checked || document.querySelector("dialog[open]")) return;
    const isGoing = Date.now() - went < 1500 && dialog.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
    went = 0;
    if (isGoing) isGoing.click();
    else keys[event.key]?.();
    if (isGoing || keys[event.key]) event.preventDefault();
  });
}
