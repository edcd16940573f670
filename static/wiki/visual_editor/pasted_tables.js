// Pasted tables as Markdown can say them: rows of as many cells, each of one line, the first row its head.
import { element } from "./elements.js";

const BLOCKS = "p, div, li, h1, h2, h3, h4, h5, h6, pre, blockquote, dd, dt";

/** Returns what stands for inline source in pasted HTML. */
export function wikiUnit(source) {
  const unit = element("span");
  unit.dataset.wiki = source;
  return unit;
}

/** Puts the blocks of a cell on one line, with `<br>` between them. */
function onOneLine(cell) {
  const blocks = [...cell.querySelectorAll(BLOCKS)].filter((block) => !block.querySelector(BLOCKS) && block.textContent.trim());
  for (const blank of blocks.flatMap((block) => [block.previousSibling, block.nextSibling])) {
    if (blank?.nodeType === Node.TEXT_NODE && !blank.data.trim()) blank.remove();
  }
  const before = cell.ownerDocument.createRange();
  before.setStart(cell, 0);
  for (const block of blocks) {
    before.setEndBefore(block);
    if (before.toString().trim()) block.before(wikiUnit("<br>"));
    if (block.nextSibling?.nodeType === Node.TEXT_NODE && block.nextSibling.data.trim()) block.after(wikiUnit("<br>"));
  }
  for (const block of cell.querySelectorAll("li")) block.prepend("– ");
  for (const line of cell.querySelectorAll("br")) line.replaceWith(...(line.nextSibling ? [wikiUnit("<br>")] : []));
  for (const block of cell.querySelectorAll(`${BLOCKS}, ul, ol, table, tbody, tr, td, th`)) block.replaceWith(...block.childNodes);
}

/** Returns "center" or "right" if a cell, or the first paragraph in it, is aligned so. */
function alignmentOf(cell) {
  const said = [cell, cell.querySelector("p")].map((one) => (
    one?.getAttribute("align") ?? /text-align:\s*(\w+)/.exec(one?.dataset.style ?? "")?.[1]
  ));
  return said.find((align) => align === "center" || align === "right");
}

/** Returns the cells of a table, row by row; where a cell spans others, these are empty. */
function gridOf(table) {
  const grid = [...table.rows].map(() => []);
  [...table.rows].forEach((row, y) => {
    let x = 0;
    for (const cell of row.cells) {
      while (grid[y][x]) x += 1;
      for (let down = 0; down < Math.min(cell.rowSpan || 1, grid.length - y); down += 1) {
        for (let right = 0; right < cell.colSpan; right += 1) grid[y + down][x + right] = down || right ? element("td") : cell;
      }
      x += cell.colSpan;
    }
  });
  const width = Math.max(...grid.map((row) => row.length));
  for (const row of grid) for (let x = 0; x < width; x += 1) row[x] ??= element("td");
  return grid.filter((row) => row.some((cell) => cell.textContent.trim() || cell.querySelector("img, [data-wiki]")));
}

/** Makes the tables of a pasted document such tables; one that only lays out a page is left out, its content stays. */
export function withPlainTables(body) {
  for (const table of body.querySelectorAll("table")) if (!table.parentElement.closest("table")) withPlainTable(table);
}

function withPlainTable(table) {
  const grid = table.rows.length ? gridOf(table) : [];
  if (grid.length * (grid[0]?.length ?? 0) <= 1) {
    table.replaceWith(...(grid[0]?.[0].childNodes ?? []));
    return;
  }
  const plain = element("table");
  plain.append(element("tbody"));
  grid.forEach((row, y) => {
    const made = element("tr");
    for (const cell of row) {
      const align = alignmentOf(cell);
      onOneLine(cell);
      const fresh = element(y ? "td" : "th", {}, ...cell.childNodes);
      if (align) fresh.setAttribute("align", align);
      made.append(fresh);
    }
    plain.firstChild.append(made);
  });
  table.replaceWith(plain);
}
