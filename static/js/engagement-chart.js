// <engagement-chart kind="steps|bars" marks="id">: draws the table inside it with uPlot. The table stays the content and
// the drawing's only source: rows carry data-at in seconds, columns to draw data-line; rows of #marks become triangles.
const DAY_S = 86400;
const DASHES = [[], [], [6, 3], [2, 3], [9, 3, 2, 3], [12, 4], [1, 5], [4, 2]];
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((zeros) => [1, 2, 5].map((n) => n * 10 ** zeros)); // nobody reacts by halves
const inDays = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const inHours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

customElements.define("engagement-chart", class extends HTMLElement {
  connectedCallback() {
    const rows = [...this.querySelectorAll("tbody tr[data-at]")].sort((a, b) => a.dataset.at - b.dataset.at);
    if (rows.length < 2 || this.frame) return; // one count is no course
    this.isBars = this.getAttribute("kind") === "bars";
    this.lines = [...this.querySelectorAll("thead th")].filter((head) => head.hasAttribute("data-line"));
    const columns = this.lines.map((head) => rows.map((row) => Number(row.cells[head.cellIndex].textContent)));
    this.numbers = [rows.map((row) => Number(row.dataset.at)), ...columns];
    const marks = document.querySelectorAll(`#${this.getAttribute("marks") || "none"} [data-at]`);
    this.marks = [...marks].map((one) => Number(one.dataset.at));
    this.frame = document.createElement("div");
    this.frame.className = "chart__plot";
    this.frame.setAttribute("aria-hidden", "true");
    this.ink = Object.fromEntries(["main", "line", "words", "grid"].map((name) => [name, this.inkOf(name)]));
    this.prepend(this.frame);
    this.draw();
    // Light and dark differ in these drops of ink, and their change ends as a transition does.
    this.frame.addEventListener("transitionend", (event) => event.target.matches(".chart__ink--main") && this.draw());
    this.watch = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.watch.observe(this.frame);
  }
  disconnectedCallback() {
    this.watch?.disconnect();
    this.plot?.destroy();
    this.frame?.remove();
    this.frame = this.plot = null;
  }
  draw() {
    this.plot?.destroy();
    this.plot = new uPlot(this.options(), this.numbers, this.frame);
  }
  inkOf(name) {
    const drop = document.createElement("i");
    drop.className = `chart__ink chart__ink--${name}`;
    this.frame.append(drop);
    return () => getComputedStyle(drop).color;
  }
  size() {
    const width = this.frame.clientWidth;
    return { width, height: Math.round(Math.min(260, Math.max(170, width * 0.36))) };
  }
  options() {
    const { main, line, words, grid } = this.ink;
    const edge = this.isBars ? DAY_S / 2 : 0;
    const last = Math.max(...this.marks, 0);
    const font = `11px ${getComputedStyle(this).fontFamily}`;
    const told = (s) => inDays.format(s * 1000) + (this.isBars ? "" : `, ${inHours.format(s * 1000)}`);
    const paths = this.isBars ? uPlot.paths.bars({ size: [0.7, 24] }) : uPlot.paths.stepped({ align: 1 });
    const drawn = (head, at) => ({
      label: head.textContent, paths, points: { show: false }, width: this.isBars ? 0 : at ? 1.25 : 2, dash: DASHES[at] ?? [],
      stroke: at ? line : main, fill: this.isBars ? main : undefined, value: (_, count) => count ?? "–",
    });
    const tick = (s, every) => (every < DAY_S ? inHours : inDays).format(s * 1000);
    return {
      ...this.size(),
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { range: (_, from, to) => [from - edge, Math.max(to, last) + edge] }, y: { range: (_, low, high) => this.reach(low, high) } },
      series: [{ label: this.isBars ? "Day" : "When", value: (_, s) => (s == null ? "–" : told(s)) }, ...this.lines.map(drawn)],
      axes: [
        { stroke: words, font, size: 26, grid: { show: false }, ticks: { show: false }, space: 70, values: (_, splits, __, ___, every) => splits.map((s) => tick(s, every)) },
        { stroke: words, font, size: 44, grid: { stroke: grid, width: 1 }, ticks: { show: false }, incrs: WHOLE },
      ],
      hooks: { draw: [(plot) => this.mark(plot)] },
    };
  }
  // Bars stand on zero; a line may begin higher, so that its course is seen.
  reach(low, high) {
    const from = this.isBars || low < high / 2 ? Math.min(0, low) : low - Math.max(1, (high - low) * 0.1);
    return [Math.max(from, low < 0 ? low : 0), Math.max(high + (high - from) * 0.08, from + 4)];
  }
  mark(plot) {
    const { ctx, bbox } = plot;
    const foot = bbox.top + bbox.height, half = 5 * devicePixelRatio;
    ctx.fillStyle = this.ink.main();
    for (const at of this.marks) {
      const x = plot.valToPos(at, "x", true);
      if (x < bbox.left) continue;
      ctx.beginPath();
      ctx.moveTo(x, foot - half * 1.4);
      ctx.lineTo(x - half, foot);
      ctx.lineTo(x + half, foot);
      ctx.fill();
    }
  }
});
