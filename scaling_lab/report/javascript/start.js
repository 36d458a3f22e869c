// Start.
async function start() {
  readFilters();
  filterPoints();
  if (!document.getElementById("vega") || !data.charts) return;
  document.head.append(make("script", { textContent: await decompress("vega") }));
  drawAll();
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; drawAll(); } });
  dark.addEventListener("change", drawAll);
  for (const select of all("figure select")) select.addEventListener("change", () => draw(select.closest("figure")));
}
for (const box of all(".filters input")) box.addEventListener("change", () => applyFilters(box.closest("fieldset").dataset.filter === "panel"));

addEventListener("beforeprint", () => { for (const fold of all("details")) fold.open = true; });
start().catch((error) => console.error(error));
