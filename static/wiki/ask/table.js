// Tables of results sort by any column: a button in each heading, numbers as numbers, words as the language orders them.

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });

function keyOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.sort ?? cell.textContent.trim();
}

function compare(one, other) {
  if (one === "" || other === "") return 0;
  const numbers = [Number(one), Number(other)];
  return numbers.some(Number.isNaN) ? collator.compare(one, other) : numbers[0] - numbers[1];
}

function sort(table, heading, column) {
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
  // Cells without a value stay last, whichever way the others go.
  rows.sort(([one], [other]) => (one === "") - (other === "") || (ascending ? 1 : -1) * compare(one, other));
  body.append(...rows.map(([, row]) => row));
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
}

/** Gives every `table[data-sortable]` a button in each heading; the attribute holds the button's words. */
export function bindTables() {
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const headings = table.tHead?.rows[0]?.cells ?? [];
    if (table.tBodies[0].rows.length < 2) continue;
    [...headings].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "as-link ask-sort";
      button.title = table.dataset.sortable;
      button.setAttribute("aria-label", `${table.dataset.sortable} (${heading.textContent.trim()})`);
      button.addEventListener("click", () => sort(table, heading, column));
      heading.append("\u00a0", button);
    });
  }
}
