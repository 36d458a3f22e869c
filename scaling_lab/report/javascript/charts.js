// Charts.
const views = new Map();
const objects = ({ fields, rows }) => rows.map((row) => Object.fromEntries(fields.map((field, i) => [field, row[i]])));
const datasets = Object.fromEntries(Object.entries(data.datasets || {}).map(([name, rows]) => [name, objects(rows)]));
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function walk(node, visit, key = "") {
  if (node === null || typeof node !== "object") return;
  visit(node, key);
  for (const [name, child] of Object.entries(node)) walk(child, visit, Array.isArray(node) ? key : name);
}

// A colour with a contrast of at least 3.5 to a dark page, mixed with white as far as it needs.
function lighten(color) {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  const linear = (value) => (value / 255 <= 0.04045 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  let mixed = parts;
  for (let white = 0; (light(mixed) + 0.05) / 0.058 < 3.5; white += 0.05) mixed = parts.map((part) => part + (255 - part) * white);
  return "#" + mixed.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
}

function config() {
  const [ink, soft, line] = ["--ink", "--soft", "--line"].map(css);
  const text = { labelColor: soft, titleColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 };
  return {
    background: null, font: "system-ui, sans-serif", view: { stroke: null },
    axis: { ...text, gridColor: line, gridOpacity: 0.5, domainColor: soft, tickColor: soft, titlePadding: 8 },
    axisX: { grid: false }, axisY: { domain: false, ticks: false },
    legend: { ...text, labelColor: ink, symbolSize: 90, columnPadding: 14 },
    header: { labelColor: ink }, rule: { color: soft }, text: { color: ink },
  };
}

// Sizes: panels of at least 330 px side by side, less what axes and labels take; other charts fill the width.
const PANEL = 330, AXIS = 70, GAP = 14;
function fit(spec, chart, width) {
  const panels = state.picked.panel ? state.picked.panel.length : chart.panels;
  const limit = (columns) => Math.floor((width / columns) * 0.42);
  const labels = (columns) => (chart.longest ? Math.max(-20, Math.min(chart.longest * 6.6, limit(columns)) - AXIS + 20) : 0);
  const plot = (columns) => Math.floor(width / columns - AXIS - labels(columns) - (columns > 1 ? GAP : 0));
  let columns = Math.max(1, Math.min(panels, 3, Math.floor(width / PANEL)));
  while (columns > 1 && plot(columns) < chart.longest_panel * 7.9) columns -= 1; // so that headings are not cut
  spec.params = [...(spec.params || []), { name: "label_characters", value: Math.floor(limit(columns) / 6.6) }];
  walk(spec, (node, key) => {
    if (key === "legend") {
      node.columns = Math.max(2, Math.floor(width / 190));
      node.labelLimit = Math.floor(width / node.columns) - 40; // beside its mark
    }
    if (key === "axis" && node.labelLimit) node.labelLimit = limit(columns);
  });
  if (!spec.facet) return Object.assign(spec, { width: "container", autosize: { type: "fit-x", contains: "padding" } });
  spec.columns = columns;
  spec.spec.width = Math.max(120, plot(columns));
  const size = (13 * plot(columns)) / (7.9 * Math.max(1, chart.longest_panel));
  Object.assign(spec.facet.header, { labelLimit: spec.spec.width, labelFontSize: Math.max(10, Math.min(13, size)) });
  spec.spec.height ??= Math.round(Math.min(320, Math.max(210, spec.spec.width * 0.72)));
}

function prepare(figure, chart, width) {
  const spec = structuredClone(chart.spec);
  for (const select of all("select", figure)) {
    const { axis, choice } = select.dataset;
    if (axis === "scale") {
      if (select.value === "linear") walk(spec, (node, key) => { if (key === "scale" && node.type === "log") Object.assign(node, { type: "linear", zero: false }); });
      continue;
    }
    const { options, ranges } = chart.choices[choice];
    const [field, title] = options[select.selectedIndex];
    const [low, high] = ranges[select.selectedIndex] || [];
    if (axis === "x" && select.selectedIndex) walk(spec, (node) => { if (node.type === "area") Object.assign(node, { type: "rule", strokeWidth: 8 }); }); // costs that need not rise with the budget
    walk(spec, (node, key) => {
      if (key === axis && options.some(([name]) => name === node.field)) Object.assign(node, { field, title });
      else if (key === axis && ranges.some(([name]) => name === node.field)) node.field = low || field; // no band: no height
      else if (ranges.length && key === `${axis}2`) node.field = high || field;
    });
  }
  if (dark.matches) walk(spec, (node) => { for (const [name, value] of Object.entries(node)) if (typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value)) node[name] = lighten(value); });
  if (matchMedia("(pointer: coarse)").matches) walk(spec, (node) => { if (Array.isArray(node.params)) node.params = node.params.filter((param) => param.name !== "brush"); });
  fit(spec, chart, width);
  spec.params = [...(spec.params || []), ...FILTERS.map((name) => ({ name: `pick_${name}`, value: state.picked[name] ?? null }))];
  spec.datasets = { [spec.data.name]: datasets[spec.data.name] };
  return spec;
}

// Vega-Lite warns that layers with filters of their own may be of different data. They are of the same rows here.
const EXPECTED = "Detected faceted independent scales that union domain of the same fields";
const warn = console.warn.bind(console);
console.warn = (...words) => { if (!words.some((word) => String(word).startsWith(EXPECTED))) warn(...words); };

async function draw(figure) {
  const name = figure.dataset.chart, chart = data.charts[name], target = figure.querySelector(".chart");
  figure.classList.add("live");
  const width = target.clientWidth;
  if (!width) return figure.classList.remove("live");
  try {
    const options = { renderer: "svg", logLevel: 1, config: config(), actions: { export: true, source: false, compiled: false, editor: false }, downloadFileName: name, tooltip: { theme: "custom", disableDefaultStyle: false } };
    views.get(name)?.finalize();
    const result = await vegaEmbed(target, prepare(figure, chart, width), options);
    views.set(name, result);
    target.setAttribute("aria-label", figure.dataset.alt);
    if (chart.selects && all(".marks", target).length) listen(result.view);
  } catch (error) {
    figure.classList.remove("live"); // the static figure stands for it
    console.error(name, error);
  }
}

function listen(view) {
  if (matchMedia("(pointer: coarse)").matches) return; // where dragging scrolls
  view.addDataListener("brush_store", (_, value) => brush(value));
}

function brush(areas) {
  const networks = datasets.networks;
  state.brushed = areas.length ? new Set() : null;
  for (const { unit, fields, values } of areas) {
    const inside = (row) => fields.every(({ field }, i) => row[field] >= Math.min(...values[i]) && row[field] <= Math.max(...values[i]));
    for (const row of networks) {
      if (row[data.columns.key] && unit.endsWith(String(row[data.columns.panel])) && inside(row)) state.brushed.add(row[data.columns.key]);
    }
  }
  filterPoints();
}

let again = 0;
function drawAll() {
  clearTimeout(again);
  again = setTimeout(async () => {
    for (const figure of all("figure[data-chart]")) await draw(figure);
    document.documentElement.dataset.drawn = views.size;
  }, 60);
}

async function applyFilters(redraw) {
  readFilters();
  filterPoints();
  if (redraw) return drawAll();
  for (const { view } of views.values()) {
    for (const name of FILTERS) view.signal(`pick_${name}`, state.picked[name] ?? null);
    await view.runAsync();
  }
}
