// Points: filters, and what opens under a row.
const points = document.getElementById("points");
function filterPoints() {
  if (!points) return;
  closeDetails(points);
  for (const row of rowsOf(points)) {
    const { key, panel, rule, budget, seed } = row.dataset;
    const picked = passes("panel", panel) && (rule === "baseline" || passes("rule", rule)) && passes("budget", budget) && passes("seed", seed);
    row.hidden = !picked || (state.brushed && !state.brushed.has(key)) || !matchesSearch(points, row);
  }
  document.getElementById("brushed").hidden = !state.brushed;
  points.showCount?.();
}
document.getElementById("brushed")?.querySelector("button").addEventListener("click", () => { state.brushed = null; drawAll(); filterPoints(); });

function closeDetails(table) {
  for (const row of all("tr.detail", table)) row.remove();
  for (const button of all(".more[aria-expanded=true]", table)) button.setAttribute("aria-expanded", "false");
}

function sparkline(target, values, title) {
  const rows = values.map((y, i) => ({ x: i + 1, y }));
  const axis = (field, name) => ({ field, type: "quantitative", title: name, scale: { zero: false }, axis: { ...(field === "x" ? { tickMinStep: 1, format: "d" } : {}), tickCount: 4 } });
  const spec = { data: { values: rows }, width: 260, height: 130, mark: { type: "line", point: true, tooltip: true, color: css("--accent") }, encoding: { x: axis("x", "epoch"), y: axis("y", title) } };
  vegaEmbed(target, spec, { renderer: "svg", actions: false, config: config() });
}

let details;
async function toggleDetail(button) {
  const row = button.closest("tr"), isOpen = () => button.getAttribute("aria-expanded") === "true";
  const shown = () => row.nextElementSibling?.className === "detail" && row.nextElementSibling;
  button.setAttribute("aria-expanded", String(!isOpen()));
  if (!isOpen()) return shown() && shown().remove();
  details ??= decompress("details").then(JSON.parse);
  const { configuration, history, command } = await details.then(
    (points) => points[row.dataset.key],
    (error) => { details = undefined; button.setAttribute("aria-expanded", "false"); throw error; },
  );
  if (!isOpen() || shown()) return;  // closed, or opened again, meanwhile
  const list = make("dl", {}, ...configuration.map(([name, value]) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
  const curves = make("div", { className: "curves" });
  const box = make("div", {}, list, curves);
  if (command) {
    const copied = make("button", { type: "button", textContent: "Copy" });
    copied.addEventListener("click", () => copy(command, copied));
    box.append(make("p", { className: "note" }, "Trains this point again, in a folder of its own: ", copied), make("pre", { textContent: command }));
  }
  const cell = make("td", { colSpan: row.cells.length }, box);
  row.after(make("tr", { className: "detail" }, cell));
  for (const [name, title] of Object.entries(data.measures)) {
    const values = history[name] || [];
    if (values.length > 1 && values.some((value) => value !== null) && window.vegaEmbed) sparkline(curves.appendChild(make("div")), values, title);
  }
}
for (const button of all(".more")) button.addEventListener("click", () => toggleDetail(button));
