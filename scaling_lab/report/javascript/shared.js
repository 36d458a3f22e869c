const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
// The text of a script element that holds gzip in base64.
function decompress(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
const dark = matchMedia("(prefers-color-scheme: dark)");
const state = { picked: {}, brushed: null };

// Filters: the values of each that are checked; null while all are.
function readFilters() {
  for (const set of all(".filters fieldset")) {
    const boxes = all("input", set);
    const checked = boxes.filter((box) => box.checked).map((box) => box.value);
    state.picked[set.dataset.filter] = checked.length === boxes.length ? null : checked;
  }
  document.documentElement.toggleAttribute("data-none-picked", Object.values(state.picked).some((values) => values?.length === 0));
}
const passes = (name, value) => !state.picked[name] || state.picked[name].includes(value);
const FILTERS = ["panel", "rule", "budget", "seed"];
