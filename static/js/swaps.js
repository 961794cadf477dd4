// What every exchange with htmx owes a person: the focus stays somewhere sensible, an answer that ends on another page
// (signed out) never lands in the middle of this one, and silence is told.
{
  const requests = new WeakMap();
  let read = ""; // the warning that was put away
  const outgoing = () => [...document.querySelectorAll("[id^=outgoing-]")];
  // A morph leaves what people and scripts opened or made focusable.
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, _, change) => change !== "remove" || !["open", "tabindex"].includes(name);

  const byPerson = ({ requestConfig }) => ["click", "submit"].includes(requestConfig.triggeringEvent?.type);

  document.addEventListener("htmx:beforeRequest", ({ detail: { xhr, elt, target } }) => {
    const held = document.activeElement;
    if (!target.contains(elt) && !elt.contains(target)) target.opener = held === document.body ? elt : held;
    const around = [];
    for (let place = held; place && place !== document.body; place = place.parentElement) around.push(place);
    requests.set(xhr, { held, around, known: new Set(outgoing().map((row) => row.id)) });
  });

  document.addEventListener("htmx:beforeOnLoad", (event) => { // signed out elsewhere: somebody may still be writing here
    if (event.detail.xhr.getResponseHeader("HX-Redirect") && !byPerson(event.detail)) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { xhr, pathInfo, target } = detail;
    // A warning is said once, however often a part of the page asks and is told it again.
    const said = target.id === "flash" && new DOMParser().parseFromString(xhr.response, "text/html").getElementById("said");
    if (said && !byPerson(detail) && [target.textContent, read].includes(said.textContent)) return void (detail.shouldSwap = false);
    // Unasked, nothing comes that was redrawn meanwhile, and nothing takes a composer away.
    const isLate = !detail.requestConfig.elt.isConnected || target.querySelector(".thread .composer");
    if (isLate && !byPerson(detail)) return void (detail.shouldSwap = false);
    Object.assign(requests.get(xhr), { target, above: target.previousElementSibling, parent: target.parentElement });
    if (new URL(pathInfo.finalRequestPath ?? pathInfo.requestPath, location).pathname === new URL(xhr.responseURL).pathname) return;
    detail.shouldSwap = false;
    if (byPerson(detail)) location.assign(xhr.responseURL);
  });

  document.addEventListener("htmx:oobBeforeSwap", ({ detail: { fragment, target } }) => {
    // The morph extension has htmx put the element itself where its content is meant; the live region must stay one.
    if (target.id !== "flash") return;
    for (const flash of fragment.querySelectorAll("#flash")) flash.replaceWith(...flash.childNodes);
    for (const line of fragment.querySelectorAll("p:not([data-tone=error], [data-tone=warning])")) setTimeout(() => line.remove(), 8000);
  });

  // A warning stays until somebody has read it: a click on it, or Escape, puts it away.
  const flash = document.getElementById("flash");
  const putAway = () => {
    read = flash.textContent;
    flash.replaceChildren();
  };
  flash?.addEventListener("click", ({ target }) => {
    if (!target.closest("a, button") && getSelection().isCollapsed) putAway();
  });
  document.addEventListener("keydown", ({ key, defaultPrevented }) => {
    if (key === "Escape" && !defaultPrevented && flash?.firstChild && !document.querySelector("dialog[open]")) putAway();
  });

  const inside = (part) => part?.querySelector("[role=textbox], article") || part;
  const place = ({ held, around, known, target, above, parent }) => {
    if (held.isConnected) return held;
    const inPlace = target && !target.isConnected && (above ? above.nextElementSibling : parent.firstElementChild);
    return outgoing().find((row) => !known.has(row.id))
      || around.map(({ opener }) => opener).find((opener) => opener?.isConnected)
      || inside(inPlace || around.map(({ id }) => id && document.getElementById(id)).find(Boolean))
      || document.querySelector("main");
  };
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const was = requests.get(detail.xhr);
    if (!was || was.held === document.body) return;
    setTimeout(() => { // after htmx has settled the new attributes
      const leftBehind = was.held.isConnected ? [document.body] : [document.body, document.querySelector("main")]; // by a dialog
      if (!leftBehind.includes(document.activeElement)) return;
      const next = place(was);
      if (next.tabIndex < 0) next.tabIndex = -1;
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
    }, htmx.config.defaultSettleDelay + 5);
  });

  // More happened while nobody listened than is told by name: whatever hears of changes asks how it stands now.
  const askAgain = () => {
    for (const part of document.querySelectorAll("[hx-trigger^='sse:']")) htmx.trigger(part, part.getAttribute("hx-trigger").split(",")[0]);
  };
  document.addEventListener("htmx:sseOpen", ({ detail: { source } }) => source.addEventListener("stale", askAgain));

  for (const type of ["htmx:sendError", "htmx:timeout"])
    document.addEventListener(type, ({ detail, target }) => {
      if (!byPerson(detail) || target.closest(".composer")) return;
      const line = Object.assign(document.createElement("p"), { className: "flash__line" });
      line.textContent = "Threadwell did not answer. Please check your connection and try again.";
      line.dataset.tone = "error";
      document.getElementById("flash").replaceChildren(line);
    });
}
