// Takes the words of an action or a composer to the clipboard. Without script, or without the words here, a link leads
// to them.
document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  const words = copy?.closest(".composer, .owed").querySelector("[contenteditable], .comment__text");
  if (!words) return;
  event.preventDefault();
  getSelection().selectAllChildren(words);
  // The newer way is refused without TLS. It is said in the region for that: what was clicked may be redrawn.
  const line = Object.assign(document.createElement("p"), { className: "flash__line", textContent: "Copied." });
  if (!document.execCommand("copy")) line.textContent = "Your browser did not copy. The text is marked; copy it with the keyboard.";
  document.getElementById("flash").replaceChildren(line);
  setTimeout(() => line.remove(), 8000);
});
