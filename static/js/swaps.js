// What every exchange with htmx owes a person: the focus stays somewhere sensible, an answer that ends on another page
// (signed out) never lands in the middle of this one, and silence is told.
{
  const requests = new WeakMap();
  const outgoing = () => new Set([...document.querySelectorAll("[id^=outgoing-]")].map((row) => row.id));
  const byPerson = ({ requestConfig }) => ["click", "submit"].includes(requestConfig.triggeringEvent?.type);

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const held = document.activeElement === document.body ? null : document.activeElement;
    if (!detail.target.contains(detail.elt)) detail.target.opener = held ?? detail.elt;
    requests.set(detail.xhr, { held, known: outgoing() });
  });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const [asked, came] = [detail.pathInfo.finalRequestPath ?? detail.pathInfo.requestPath, detail.xhr.responseURL];
    if (new URL(asked, location).pathname === new URL(came).pathname) return;
    detail.shouldSwap = false;
    if (byPerson(detail)) location.assign(came);
  });

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const { held, known } = requests.get(detail.xhr) ?? {};
    if (!held || document.activeElement !== document.body) return;
    const fresh = [...document.querySelectorAll("[id^=outgoing-]")].find((row) => !known.has(row.id));
    const opener = detail.target.opener?.isConnected && detail.target.opener;
    const place = held.isConnected ? held : fresh ?? (opener || detail.elt.querySelector("article") || detail.elt);
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({ preventScroll: place === held });
  });

  for (const type of ["htmx:sendError", "htmx:timeout"])
    document.addEventListener(type, ({ detail, target }) => {
      if (!byPerson(detail) || target.closest(".composer")) return;
      const line = Object.assign(document.createElement("p"), { className: "flash__line" });
      line.textContent = "Threadwell did not answer. Please check your connection and try again.";
      line.dataset.tone = "error";
      document.getElementById("flash").replaceChildren(line);
    });
}
