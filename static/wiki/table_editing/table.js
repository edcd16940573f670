// Tables whose cells are inputs: marks of changed cells, keys and pasting as in a spreadsheet. The form works without.
import { element } from "../visual_editor/elements.js";

const INPUTS = ":scope > input, :scope > select, :scope > textarea";

/** Returns the input of a cell, or the summary of its choices. */
const inputOf = (cell) => cell.querySelector(INPUTS) ?? cell.querySelector("summary");
const boxesOf = (cell) => [...cell.querySelectorAll(".cell-choices input[type=checkbox]")];

function textOf(cell) {
  const boxes = boxesOf(cell);
  return boxes.length ? boxes.filter((box) => box.checked).map((box) => box.value).join("\n") : inputOf(cell).value;
}

const sameLines = (one, other) => one.split("\n").map((line) => line.trim()).filter(Boolean).sort().join("\n")
  === other.split("\n").map((line) => line.trim()).filter(Boolean).sort().join("\n");

/** Returns the choice that a text names by its value or its label. */
function choiceNamed(options, text) {
  const wanted = text.trim().toLowerCase();
  return options.find(({ value, label }) => value.toLowerCase() === wanted || label.trim().toLowerCase() === wanted);
}

/** Enters a text in a cell; returns how many of its values are none of the choices, and so stay out. */
function enter(cell, text) {
  const input = inputOf(cell);
  const boxes = boxesOf(cell);
  let left = 0;
  if (boxes.length) {
    const options = boxes.map((box) => ({ value: box.value, label: box.nextElementSibling.textContent, box }));
    const chosen = new Set();
    for (const line of text.split(/[\n;]/).filter((one) => one.trim())) {
      const found = choiceNamed(options, line);
      if (found) chosen.add(found.box);
      else left += 1;
    }
    if (left) return left;
    for (const box of boxes) box.checked = chosen.has(box);
  } else if (input.tagName === "SELECT") {
    const found = text.trim() ? choiceNamed([...input.options], text) : input.options[0];
    if (!found) return 1;
    input.value = found.value;
  } else {
    if (input.type === "date" && text && !/^\d{4}-\d\d-\d\d$/.test(text)) input.type = "text"; // a calendar would drop it
    input.value = input.tagName === "TEXTAREA" ? text : text.replace(/\s*\n\s*/g, " ");
  }
  (boxes[0] ?? input).dispatchEvent(new Event("input", { bubbles: true }));
  return left;
}

/** Reads what spreadsheets copy: cells by tabs, rows by lines, quotes around cells with lines of their own. */
export function readBlock(text) {
  const rows = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"|([^\t\n]*))(\t|\n|$)/gy;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    rows.at(-1).push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === "\n") rows.push([]);
    if (!match[3]) break;
  }
  return rows;
}

class Table {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-changed]");
    this.isSent = false;
    form.addEventListener("input", (event) => this.mark(event.target.closest("td")));
    form.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("paste", (event) => this.paste(event));
    form.addEventListener("submit", () => { this.isSent = true; });
    window.addEventListener("pageshow", () => { this.isSent = false; });
    window.addEventListener("beforeunload", (event) => {
      if (!this.isSent && this.changed.length) event.preventDefault();
    });
    this.say();
  }

  get changed() {
    return [...this.form.querySelectorAll("td.is-changed")];
  }

  mark(cell) {
    if (!cell || cell.dataset.was === undefined) return;
    const boxes = boxesOf(cell);
    cell.classList.toggle("is-changed", boxes.length ? !sameLines(textOf(cell), cell.dataset.was) : textOf(cell) !== cell.dataset.was);
    if (boxes.length) {
      const labels = boxes.filter((box) => box.checked).map((box) => element("span", { textContent: box.nextElementSibling.textContent }));
      cell.querySelector("[data-chosen]").replaceChildren(...labels.flatMap((one) => [one, " "]));
    }
    this.say();
  }

  say(note = "") {
    const count = this.changed.length;
    const said = [note, count ? `${this.form.dataset.saysChanged} ${count}` : ""].filter(Boolean).join(" · ");
    if (this.status && this.status.textContent !== said) this.status.textContent = said;
  }

  /** Returns the cell with an input that is some rows and columns away; rows without one there are passed over. */
  near(cell, down, right) {
    let row = cell.parentElement;
    let at = cell;
    do {
      if (down) row = down > 0 ? row.nextElementSibling : row.previousElementSibling;
      if (right) at = right > 0 ? at.nextElementSibling : at.previousElementSibling;
      const found = down ? row?.cells[cell.cellIndex] : at;
      if (found?.dataset.was !== undefined) return found;
      if (!found) return null;
    } while (row);
    return null;
  }

  go(event, cell) {
    if (!cell) return;
    event.preventDefault();
    const input = inputOf(cell);
    input.focus();
    if (input.matches("input, textarea")) input.select();
  }

  key(event) {
    const cell = event.target.closest("td");
    if (!cell || event.isComposing) return;
    const input = event.target;
    const isText = input.matches("textarea, input:not([type=checkbox], [type=radio])");
    const isLine = isText && input.tagName === "INPUT";
    const [atStart, atEnd] = isText && input.type !== "date" && input.selectionStart !== null
      ? [input.selectionEnd === 0, input.selectionStart === input.value.length] : [true, true];
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d") {
      event.preventDefault();
      const above = this.near(cell, -1, 0);
      if (above) enter(cell, textOf(above));
    } else if (event.ctrlKey || event.altKey || event.metaKey) {
      return;
    } else if (event.key === "Enter" && (isLine || input.tagName === "SELECT")) {
      event.preventDefault(); // it would save the table
      this.go(event, this.near(cell, event.shiftKey ? -1 : 1, 0));
    } else if (isText && input.type !== "date" && !event.shiftKey) {
      const isFree = !input.list; // the arrows choose among suggestions
      if (event.key === "ArrowDown" && isFree && (isLine || atEnd)) this.go(event, this.near(cell, 1, 0));
      else if (event.key === "ArrowUp" && isFree && (isLine || atStart)) this.go(event, this.near(cell, -1, 0));
      else if (event.key === "ArrowRight" && atEnd) this.go(event, this.near(cell, 0, 1));
      else if (event.key === "ArrowLeft" && atStart) this.go(event, this.near(cell, 0, -1));
    }
  }

  paste(event) {
    const cell = event.target.closest("td");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!cell || cell.dataset.was === undefined) return;
    const isBlock = text.includes("\t") || (text.trim().includes("\n") && event.target.tagName !== "TEXTAREA");
    if (!isBlock && event.target.matches("input, textarea")) return;
    event.preventDefault();
    let pasted = 0;
    let left = 0;
    let row = cell.parentElement;
    for (const values of readBlock(text)) {
      values.forEach((value, index) => {
        const target = row?.cells[cell.cellIndex + index];
        if (target?.dataset.was === undefined) left += value.trim() ? 1 : 0;
        else {
          const wrong = enter(target, value);
          left += wrong;
          pasted += wrong ? 0 : 1;
        }
      });
      row = row?.nextElementSibling;
    }
    const { saysPasted, saysLeft } = this.form.dataset;
    this.say(`${saysPasted} ${pasted}${left ? ` · ${saysLeft} ${left}` : ""}`);
  }
}

for (const form of document.querySelectorAll("form[data-table-editing]")) new Table(form);
