// Tables: sort, search, copy.
const rowsOf = (table) => all("tbody > tr.row", table);
const text = (cell) => cell.innerText.trim().replace(/\s+/g, " ");
const POINT_KEY = /^[0-9a-f]{16}$/;
const number = (string) => {
  if (POINT_KEY.test(string)) return NaN;
  const match = string.replace(/,/g, "").replace(/\u2212/g, "-").match(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i);
  return match ? parseFloat(match[0]) : NaN;
};

function sort(table, column, header) {
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of all("thead th[aria-sort]", table)) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  closeDetails(table);
  const body = table.tBodies[0];
  const keyed = rowsOf(table).map((row) => ({ row, string: text(row.cells[column]) }));
  const numeric = keyed.filter(({ string }) => !isNaN(number(string))).length * 2 > keyed.length;
  const empty = (string) => (numeric ? isNaN(number(string)) : string === "");
  keyed.sort((a, b) => {
    if (empty(a.string) || empty(b.string)) return empty(a.string) - empty(b.string);
    const order = numeric ? number(a.string) - number(b.string) : a.string.localeCompare(b.string, undefined, { numeric: !POINT_KEY.test(a.string) });
    return descending ? -order : order;
  });
  body.append(...keyed.map(({ row }) => row));
}

const visible = (table) => rowsOf(table).filter((row) => !row.hidden);
const head = (table) => [...table.tHead.rows[table.tHead.rows.length - 1].cells];
function contents(table, separator, quote) {
  const line = (cells) => cells.map((cell) => quote(text(cell))).join(separator);
  return [line(head(table)), ...visible(table).map((row) => line([...row.cells]))].join("\n");
}

async function copy(string, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(string);
  } catch {
    const area = make("textarea", { value: string });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}

function addTools(table) {
  const search = make("input", { type: "search", placeholder: "Search", ariaLabel: "Search in this table" });
  const count = make("output");
  const copied = make("button", { type: "button", textContent: "Copy" });
  const saved = make("button", { type: "button", textContent: "CSV" });
  table.showCount = () => { count.textContent = `${visible(table).length} of ${rowsOf(table).length} rows`; };
  search.addEventListener("input", () => {
    table.dataset.search = search.value.toLowerCase();
    closeDetails(table);
    if (table.id === "points") return filterPoints();
    for (const row of rowsOf(table)) row.hidden = !matchesSearch(table, row);
    table.showCount();
  });
  copied.addEventListener("click", () => copy(contents(table, "\t", (cell) => cell), copied));
  saved.addEventListener("click", () => {
    const csv = contents(table, ",", (cell) => (/[",\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell));
    make("a", { href: URL.createObjectURL(new Blob([csv + "\n"], { type: "text/csv" })), download: `${table.dataset.name}.csv` }).click();
  });
  table.closest(".scroll").before(make("div", { className: "tools" }, search, copied, saved, count));
  table.showCount();
}
const matchesSearch = (table, row) => !table.dataset.search || row.textContent.toLowerCase().includes(table.dataset.search);

for (const table of all("table.data")) {
  head(table).forEach((header, column) => {
    if (!header.textContent.trim()) return;
    const button = make("button", { type: "button" }, ...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sort(table, column, header));
  });
  if (rowsOf(table).length > 6) addTools(table);
}
