// The facts of a page as rows of a name and a value. Values of several lines are edited as they are written.
import { element } from "./elements.js";
import { join, newEntry, shownValue, withValue } from "./front_matter.js";

const WAIT = 200;

/** Lets a field suggest names of properties, or values of one; `query` gives the parameters of the request. */
function suggest(input, url, query) {
  const list = element("datalist", { id: `facts-${Math.random().toString(36).slice(2)}` });
  let waiting = 0;
  input.setAttribute("list", list.id);
  input.after(list);
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      try {
        const answer = await fetch(`${url}?${new URLSearchParams({ q: input.value, ...query() })}`);
        const { suggestions } = answer.ok ? await answer.json() : { suggestions: [] };
        list.replaceChildren(...suggestions.map(({ value }) => element("option", { value })));
      } catch {
        list.replaceChildren();
      }
    }, WAIT);
  });
}

/** Shows and edits front matter (the parts that `divide` returns); `onChange` is called after each change. */
export class FactsForm {
  constructor(parts, { texts, factsUrl, onChange }) {
    Object.assign(this, { texts, factsUrl, onChange, parts });
    this.dom = element("div", { className: "facts-form" });
    this.rows = element("div", { className: "facts-rows" });
    for (const entry of this.parts.entries) if (entry.key) this.rows.append(this.row(entry));
    const add = element("button", { type: "button", className: "button-quiet", textContent: `+ ${texts.addFact}` });
    add.addEventListener("click", () => {
      const row = this.emptyRow();
      this.rows.append(row);
      row.querySelector("input").focus();
    });
    this.dom.append(this.rows, add);
  }

  /** How many facts there are. */
  get count() {
    return this.parts.entries.filter((entry) => entry.key).length;
  }

  /** The front matter as text. */
  get text() {
    return join(this.parts);
  }

  replace(old, entry) {
    this.parts.entries = this.parts.entries.flatMap((one) => (one === old ? entry ?? [] : [one]));
    this.onChange();
  }

  row(first) {
    let entry = first;
    const row = element("div", { className: "facts-row" });
    const label = element("label", { textContent: entry.key });
    const isLong = entry.lines.slice(1).some((line) => line.trim());
    const value = isLong
      ? element("textarea", { value: [entry.value, ...entry.lines.slice(1)].join("\n").replace(/^\n/, ""), rows: entry.lines.length })
      : element("input", { value: shownValue(entry.value) });
    value.id = `fact-${Math.random().toString(36).slice(2)}`;
    label.htmlFor = value.id;
    value.addEventListener("input", () => {
      const next = isLong ? this.longEntry(entry, value.value) : withValue(entry, value.value);
      this.replace(entry, next);
      entry = next;
    });
    row.append(label, value, this.deleteButton(entry.key, () => {
      this.replace(entry, null);
      row.remove();
    }));
    if (!isLong) suggest(value, this.factsUrl, () => ({ kind: "value", property: entry.key }));
    return row;
  }

  /** Returns an entry with lines below that of its key. */
  longEntry(entry, text) {
    const lines = text.split("\n").map((line) => (/^(?:[ \t]|-|$)/.test(line) ? line : `  ${line}`));
    return { ...entry, value: "", lines: [entry.head.trimEnd(), ...lines] };
  }

  emptyRow() {
    const row = element("div", { className: "facts-row" });
    const [name, value] = [element("input", {}), element("input", {})];
    name.setAttribute("aria-label", this.texts.factName);
    name.placeholder = this.texts.factName;
    value.setAttribute("aria-label", this.texts.factValue);
    value.placeholder = this.texts.factValue;
    let entry = null;
    const change = () => {
      if (!name.value.trim()) return;
      const next = newEntry(name.value, value.value);
      if (entry) this.replace(entry, next);
      else {
        this.parts.entries.push(next);
        this.onChange();
      }
      entry = next;
    };
    name.addEventListener("input", change);
    value.addEventListener("input", change);
    row.append(name, value, this.deleteButton("", () => {
      if (entry) this.replace(entry, null);
      row.remove();
    }));
    suggest(name, this.factsUrl, () => ({ kind: "property" }));
    suggest(value, this.factsUrl, () => ({ kind: "value", property: name.value }));
    return row;
  }

  deleteButton(key, act) {
    const button = element("button", { type: "button", className: "icon-button", textContent: "×" });
    button.setAttribute("aria-label", `${this.texts.deleteFact} ${key}`.trim());
    button.addEventListener("click", act);
    return button;
  }
}
