// What the fields of forms have beyond HTML: more values and rows, suggestions, pictures from the device. The forms work without.
import { element } from "../visual_editor/elements.js";
import { bindInputs as bindScripts } from "./inputs.js";

const WAIT = 200;
let lists = 0;

/** Suggests what an address answers to what was typed. */
function suggest(input, ask) {
  const list = element("datalist", { id: `fact-list-${lists += 1}` });
  let waiting = 0;
  input.setAttribute("list", list.id);
  input.setAttribute("autocomplete", "off");
  input.after(list);
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      try {
        list.replaceChildren(...(await ask(input.value)).map((value) => element("option", { value })));
      } catch {
        list.replaceChildren(); // suggestions are a comfort
      }
    }, WAIT);
  });
}

async function pagesFor(url, text) {
  const answer = await fetch(`${url}?${new URLSearchParams({ q: text })}`);
  return answer.ok ? (await answer.json()).results.map((page) => page.full_title) : [];
}

function bindInputs(root, fields) {
  for (const input of root.querySelectorAll("input[data-complete='pages']")) {
    if (!input.list) suggest(input, (text) => pagesFor(fields.dataset.pagesUrl, text));
  }
}

function smallButton(text, label, act) {
  const button = element("button", { type: "button", className: "icon-button", textContent: text });
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}

/** Adds an empty value like the last one. */
function addValue(values) {
  const last = values.querySelector(":scope > .fact-value:last-of-type");
  const copy = last.cloneNode(true);
  for (const extra of copy.querySelectorAll("img, datalist, button")) extra.remove();
  const input = copy.querySelector("input, textarea");
  input.value = "";
  input.removeAttribute("id");
  input.removeAttribute("list");
  last.after(copy);
  return copy;
}

function bindSeveral(values, fields) {
  const add = element("button", { type: "button", className: "button-quiet", textContent: `+ ${fields.dataset.saysAdd}` });
  add.addEventListener("click", () => addEmpty(values, fields).querySelector("input, textarea").focus());
  values.append(add);
}

/** Returns the empty value after the others, which is made if the last one has something in it. */
function addEmpty(values, fields) {
  const last = values.querySelector(":scope > .fact-value:last-of-type");
  if (!last.querySelector("input, textarea").value.trim()) return last;
  const copy = addValue(values);
  bindInputs(copy, fields);
  return copy;
}

/** Renumbers the inputs of a copied row. */
function renumber(row, number) {
  const old = row.dataset.row;
  for (const part of row.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
    for (const name of ["name", "id", "for", "aria-describedby"]) {
      const value = part.getAttribute(name);
      if (value) part.setAttribute(name, value.replace(new RegExp(`(fact-[^ ]*?)-${old}-`, "g"), `$1-${number}-`));
    }
  }
  row.dataset.row = number;
}

function emptied(row) {
  const copy = row.cloneNode(true);
  for (const extra of copy.querySelectorAll("img, datalist, .errorlist, .fact-row-tools, .fact-picture button")) extra.remove();
  for (const input of copy.querySelectorAll("input, textarea, select")) {
    if (input.type === "checkbox") input.checked = false;
    else input.value = "";
    input.removeAttribute("list");
    input.removeAttribute("aria-invalid");
  }
  for (const wrong of copy.querySelectorAll(".has-errors")) wrong.classList.remove("has-errors");
  for (const details of copy.querySelectorAll("details")) details.open = false;
  return copy;
}

class Rows {
  constructor(dom, fields) {
    this.dom = dom;
    this.fields = fields;
    this.pattern = emptied(dom.querySelector("[data-row]"));
    this.label = this.pattern.querySelector("legend").textContent.replace(/\s*\d+$/, "");
    const add = element("button", { type: "button", className: "button-quiet", textContent: `+ ${dom.dataset.saysAddRow ?? fields.dataset.saysAddRow}` });
    add.addEventListener("click", () => this.add().querySelector("input, textarea, select").focus());
    dom.append(add);
    for (const row of this.rows) this.bind(row);
  }

  get rows() {
    return [...this.dom.querySelectorAll(":scope > [data-row]")];
  }

  add(number = Math.max(-1, ...this.rows.map((one) => Number(one.dataset.row))) + 1) {
    const row = this.pattern.cloneNode(true);
    renumber(row, number);
    this.dom.querySelector(":scope > button").before(row);
    this.bind(row);
    bindInputs(row, this.fields);
    bindScripts(this.dom.closest("form"));
    for (const picture of row.querySelectorAll("[data-picture]")) bindPicture(picture);
    this.count();
    return row;
  }

  /** Returns the empty row after the others, which is made if the last one has something in it. */
  addEmpty() {
    const last = this.rows.at(-1);
    return last.querySelector("input").value.trim() ? this.add() : last;
  }

  /** Shows the rows of these numbers in this order, and no other ones. */
  arrange(numbers) {
    const rows = new Map(this.rows.map((row) => [Number(row.dataset.row), row]));
    for (const number of numbers) {
      this.dom.querySelector(":scope > button").before(rows.get(number) ?? this.add(number));
      rows.delete(number);
    }
    for (const row of rows.values()) row.remove();
    if (!this.rows.length) this.add();
    this.count();
  }

  bind(row) {
    const { saysUp, saysDown, saysDelete } = this.fields.dataset;
    const up = (event) => { row.previousElementSibling?.before(row); this.moved(event); };
    const down = (event) => {
      const next = row.nextElementSibling;
      if (next?.matches("[data-row]")) next.after(row);
      this.moved(event);
    };
    const tools = element("div", { className: "fact-row-tools" });
    tools.append(
      smallButton("↑", saysUp, up),
      smallButton("↓", saysDown, down),
      smallButton("×", saysDelete, () => { row.remove(); if (!this.rows.length) this.add(); this.changed(); }),
    );
    row.append(tools);
  }

  /** The button that moved a row keeps the focus, which it loses with its place. */
  moved({ currentTarget }) {
    currentTarget.focus();
    this.changed();
  }

  changed() {
    this.count();
    this.dom.dispatchEvent(new Event("input", { bubbles: true }));
  }

  count() {
    this.rows.forEach((row, index) => { row.querySelector("legend").textContent = `${this.label} ${index + 1}`; });
  }
}

/** Sends a picture as soon as it is chosen, and puts its name into the field. */
async function send(box, file, input) {
  const note = box.querySelector("[role='status']");
  const body = new FormData();
  body.set("file", file);
  body.set("csrfmiddlewaretoken", box.closest("form").querySelector("[name='csrfmiddlewaretoken']").value);
  note.textContent = box.dataset.saysSending;
  try {
    const answer = await fetch(box.dataset.uploadUrl, { method: "POST", body, headers: { Accept: "application/json" } });
    const picture = await answer.json();
    if (!answer.ok) throw new Error(picture.error);
    input.value = picture.name;
    showPicture(box);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    const href = box.dataset.detailsUrl.replace("NAME", encodeURIComponent(picture.name));
    note.replaceChildren(element("a", { href, target: "_blank", textContent: box.dataset.saysDescribe }));
  } catch (error) {
    note.textContent = `${box.dataset.saysFailed} ${error.message ?? ""}`;
  }
}

function showThumbnail(box, input) {
  input.parentElement.querySelector("img")?.remove();
  if (!input.value) return;
  const src = box.dataset.thumbnailUrl.replace("NAME", encodeURIComponent(input.value));
  input.before(element("img", { src, alt: "" }));
}

/** Shows the picture of a field and its name; who chooses a picture does not write its name. */
function showPicture(box) {
  const input = box.querySelector("input[type='text']");
  input.hidden = !input.value;
  showThumbnail(box, input);
}

function bindPicture(box) {
  const input = box.querySelector("input[type='text']");
  const chooser = element("input", { type: "file", accept: "image/*", hidden: true });
  const button = element("button", { type: "button", textContent: box.dataset.saysChoose });
  chooser.setAttribute("aria-label", box.dataset.saysChoose);
  const note = element("span", { className: "help" });
  note.setAttribute("role", "status");
  button.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => { if (chooser.files[0]) send(box, chooser.files[0], input); });
  const take = (event, data) => {
    const file = [...data?.files ?? []].find((one) => one.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    send(box, file, input);
  };
  box.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
  box.addEventListener("drop", (event) => take(event, event.dataTransfer));
  box.addEventListener("paste", (event) => take(event, event.clipboardData));
  button.className = "button-main";
  input.hidden = !input.value;
  input.after(button, chooser);
  box.append(note);
}

/** Puts the values of a draft back: `[name, value]` of every input, in order. */
function restore(fields, entries) {
  for (const [name, value] of entries) if (name === "title") fields.closest("form").elements.title.value = value;
  const values = Map.groupBy ? Map.groupBy(entries, ([name]) => name) : entries.reduce(
    (map, entry) => map.set(entry[0], [...map.get(entry[0]) ?? [], entry]), new Map());
  for (const rows of fields.querySelectorAll("[data-rows]")) {
    const name = rows.querySelector("[name]").name.replace(/-\d+-.*$/, "");
    const numbers = [...values.keys()].map((one) => (one.startsWith(`${name}-`) ? /^-(\d+)-/.exec(one.slice(name.length)) : null)?.[1]);
    rows.rowsView?.arrange(new Set(numbers.filter(Boolean).map(Number)));
  }
  for (const input of fields.querySelectorAll("[name]")) {
    if (input.type === "checkbox") input.checked = (values.get(input.name) ?? []).some(([, value]) => value === input.value);
  }
  for (const [name, all] of values) {
    let inputs = [...fields.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter((input) => input.type !== "checkbox");
    const box = inputs[0]?.closest("[data-several]");
    while (box && inputs.length < all.length) inputs = [...inputs, addValue(box).querySelector("input, textarea")];
    inputs.forEach((input, index) => { input.value = all[index]?.[1] ?? ""; });
  }
  for (const box of fields.querySelectorAll("[data-picture]")) showPicture(box);
}

for (const fields of document.querySelectorAll("form [data-fact-fields]")) {
  bindInputs(fields, fields);
  for (const values of fields.querySelectorAll("[data-several]")) bindSeveral(values, fields);
  for (const rows of fields.querySelectorAll("[data-rows]")) rows.rowsView = new Rows(rows, fields); // before their inputs have buttons
  for (const picture of fields.querySelectorAll("[data-picture]")) bindPicture(picture);
  fields.closest("form").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=file])") || event.defaultPrevented) return;
    event.preventDefault(); // it would save half a form
    const values = event.target.closest("[data-several]");
    if (values) addEmpty(values, fields).querySelector("input, textarea").focus();
    const texts = event.target.closest("[data-text-rows]");
    if (texts) texts.rowsView.addEmpty().querySelector("input").focus();
  });
  document.querySelector("[data-wrong-fields]")?.focus();
  fields.addEventListener("restore", (event) => restore(fields, event.detail));
}

/** Lets the rows of a list of fields be moved; without this script their numbers are written. */
function bindList(form) {
  const rows = [...form.querySelectorAll("[data-list-row]")];
  const order = (row) => row.querySelector("input[name$='-ORDER']");
  const move = (row, direction) => {
    const other = direction < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other?.matches("[data-list-row]")) return;
    if (direction < 0) other.before(row);
    else other.after(row);
    [...form.querySelectorAll("[data-list-row]")].forEach((one, index) => {
      if (order(one).value || one.querySelector("input[name$='-name']").value) order(one).value = index + 1;
    });
  };
  for (const row of rows) {
    const tools = element("span", { className: "list-row-tools" });
    tools.append(
      smallButton("↑", form.dataset.saysUp, () => move(row, -1)),
      smallButton("↓", form.dataset.saysDown, () => move(row, 1)),
    );
    row.append(tools);
  }
}

for (const form of document.querySelectorAll("form[data-field-list]")) bindList(form);
