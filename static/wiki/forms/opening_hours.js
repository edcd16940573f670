// Opening hours as a table of the week, below the text that is sent. The text is written only when somebody changes the
// table, and stays as it is where the table cannot show all that it says.
import { element } from "../visual_editor/elements.js";
import { fill, labelOf } from "./fields.js";
import { DAYS, HOLIDAYS, emptyWeek, readHours, withEnd, writeHours } from "./hours_syntax.js";

const A_MONDAY = Date.UTC(2024, 0, 1);
const A_DAY = 86_400_000;

function dayNames() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { weekday: "long", timeZone: "UTC" });
  return DAYS.map((_, row) => format.format(A_MONDAY + row * A_DAY));
}

/** One row of the table: a day, or public holidays. */
class WeekRow {
  constructor(table, number, name) {
    this.table = table;
    this.number = number;
    this.name = name;
    this.former = [];
    const { texts } = table;
    this.hours = element("span", { className: "hours-ranges" });
    this.closed = element("input", { type: "checkbox" });
    this.closed.addEventListener("change", () => this.setClosed(this.closed.checked));
    this.add = this.button(texts.addHours, () => this.addRange());
    this.copy = this.button(texts.copyHours, () => table.copy(this.number));
    const tools = element("span", { className: "hours-tools" }, this.add, this.copy);
    const closed = element("label", { className: "choice hours-closed" }, this.closed, texts.closed);
    this.element = element("div", { className: "hours-day" }, element("span", { className: "hours-name" }, name), closed, this.hours, tools);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", name);
  }

  get day() {
    return this.table.week.rows[this.number];
  }

  button(text, act) {
    const made = element("button", { type: "button", className: "button-quiet" }, text);
    made.setAttribute("aria-label", `${this.name}: ${text}`);
    made.addEventListener("click", act);
    return made;
  }

  show() {
    this.closed.checked = this.day.isClosed;
    this.hours.replaceChildren(...this.day.ranges.map((range, index) => this.rangeInputs(range, index)));
    if (this.number === HOLIDAYS && !this.day.isClosed && !this.day.ranges.length) this.hours.append(this.table.texts.asOtherDays);
    this.showCopy();
  }

  /** Offers to copy where there is something to copy; holidays are no day like the others. */
  showCopy() {
    this.copy.hidden = this.number === HOLIDAYS || this.day.isClosed || !this.day.ranges.length;
  }

  rangeInputs(range, index) {
    const { texts } = this.table;
    const [from, to] = [texts.from, texts.until].map((label, end) => {
      const input = element("input", { type: "time", value: range[end] === "24:00" ? "00:00" : range[end] });
      input.setAttribute("aria-label", `${this.name}: ${label}`);
      input.addEventListener("input", () => this.setTimes(index, from.value, to.value));
      input.addEventListener("change", () => this.mark(from, to));
      return input;
    });
    const remove = element("button", { type: "button", className: "icon-button", title: texts.removeHours }, "×");
    remove.setAttribute("aria-label", `${this.name}: ${texts.removeHours}`);
    remove.addEventListener("click", () => this.removeRange(index));
    return element("span", { className: "hours-range" }, from, "–", to, remove);
  }

  /** Hours of which one end is missing are not written: the form is not sent before they are whole or removed. */
  mark(from, to) {
    for (const [input, other] of [[from, to], [to, from]]) {
      input.required = Boolean(other.value);
      input.setAttribute("aria-invalid", String(input.required && !input.value));
    }
  }

  setTimes(index, from, to) {
    this.day.ranges[index] = withEnd(from, to);
    this.table.write();
  }

  /** Closes the day; one that is opened again has the hours that it had. */
  setClosed(isClosed) {
    const { ranges } = this.day;
    this.table.week.rows[this.number] = { isClosed, ranges: isClosed ? [] : this.former };
    this.former = ranges;
    this.show();
    this.table.write();
  }

  addRange() {
    this.day.isClosed = false;
    this.day.ranges.push(["", ""]);
    this.show();
    this.hours.lastElementChild.querySelector("input").focus();
    this.table.write();
  }

  removeRange(index) {
    this.day.ranges.splice(index, 1);
    this.show();
    (this.hours.querySelectorAll("button")[index] ?? this.add).focus();
    this.table.write();
  }
}

class HoursTable {
  constructor(input, texts) {
    this.input = input;
    this.texts = texts;
    this.week = emptyWeek();
    this.rows = [...dayNames(), texts.holidays].map((name, number) => new WeekRow(this, number, name));
    this.note = element("input", { type: "text", maxLength: 200 });
    this.note.addEventListener("input", () => {
      this.week.note = this.note.value;
      this.write();
    });
    const note = element("label", { className: "hours-note" }, element("span", {}, texts.hoursNote), this.note);
    this.body = element("div", { className: "hours-week" }, ...this.rows.map((row) => row.element), note);
    this.body.setAttribute("role", "group");
    this.body.setAttribute("aria-label", `${labelOf(input)}: ${texts.week}`);
    this.status = element("p", { className: "form-status" });
    this.status.setAttribute("role", "status");
    input.after(this.body, this.status);
    input.addEventListener("input", () => this.read());
    this.read();
  }

  /** Shows what the text says, or that the table cannot show it. */
  read() {
    if (this.isWriting) return;
    const { value } = this.input;
    const week = readHours(value);
    this.body.hidden = !week;
    this.status.textContent = week ? "" : this.texts.hoursNotShown;
    if (!week) return;
    this.week = week;
    for (const row of this.rows) row.former = [];
    this.source = { text: value, written: writeHours(week) };
    this.show();
  }

  show() {
    for (const row of this.rows) row.show();
    this.note.value = this.week.note;
  }

  /** Writes the table into the text; a table that says the same as the text that was read leaves that text. */
  write() {
    for (const row of this.rows) row.showCopy();
    const written = writeHours(this.week);
    this.isWriting = true;
    fill(this.input, written === this.source.written ? this.source.text : written);
    this.isWriting = false;
  }

  /** Gives all days the hours of one, but days that are closed stay closed. */
  copy(number) {
    const { isClosed, ranges } = this.week.rows[number];
    for (const [row, day] of this.week.rows.entries()) {
      if (row === HOLIDAYS || row === number || day.isClosed) continue;
      this.week.rows[row] = { isClosed, ranges: ranges.map((range) => [...range]) };
    }
    this.show();
    this.write();
  }
}

export function bind(input, texts) {
  new HoursTable(input, texts);
}
