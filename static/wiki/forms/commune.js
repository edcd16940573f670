// The name of a commune, completed while one writes (WAI-ARIA 1.2, «combobox with list autocomplete»). A choice fills in the
// fields of the form that follow from it, and says so by the event `commune-chosen`, whose detail is the commune, or null
// when another name was written over it.
import { element } from "../visual_editor/elements.js";
import { fill, labelOf, newId } from "./fields.js";

const PAUSE = 120;
const PARTS = {
  "postal-code": (commune) => commune.postal_codes,
  insee: (commune) => [commune.code],
  department: (commune) => [commune.department],
  region: (commune) => [commune.region],
};
/** What each field of a form gets from a commune: the only one of several possible values, or nothing. */

const labelled = (commune) => `${commune.name} (${commune.department_code})`;

class CommuneField {
  constructor(input, texts) {
    this.input = input;
    this.texts = texts;
    this.chosen = null;
    this.found = [];
    this.active = -1;
    this.asked = 0;
    this.list = element("ul", { id: newId("communes"), className: "form-suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", labelOf(input));
    this.status = element("p", { className: "form-status" });
    this.status.setAttribute("role", "status");
    const around = element("span", { className: "form-combobox" });
    const hasFocus = document.activeElement === input;
    input.replaceWith(around);
    around.append(input, this.list);
    if (hasFocus) input.focus();
    around.after(this.status);
    input.autocomplete = "off";
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": this.list.id, "aria-expanded": "false" };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    this.listen();
  }

  listen() {
    const { input, list } = this;
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("blur", () => this.close());
    input.addEventListener("change", () => this.forget());
    input.addEventListener("focus", () => this.recall(), { once: true });
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
    });
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.found[[...list.children].indexOf(option)]);
    });
  }

  later() {
    clearTimeout(this.timer);
    this.status.textContent = "";
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    this.asked += 1;
    const number = this.asked;
    const typed = this.input.value.trim();
    if (!typed) return this.close();
    const found = await this.communes(typed);
    if (number !== this.asked) return undefined; // something else was typed, or the field was left
    return found ? this.show(found) : this.close();
  }

  /** Returns the communes that begin so; null if the server gives no answer: the name is written without help. */
  async communes(typed) {
    try {
      const answer = await fetch(`${this.input.form.dataset.communesUrl}?${new URLSearchParams({ q: typed })}`);
      return (await answer.json()).communes ?? null;
    } catch {
      return null;
    }
  }

  /** Finds the commune that the form came with, so that what follows from it can be replaced. */
  async recall() {
    const name = this.input.value.trim();
    if (!name) return;
    const same = ((await this.communes(name)) ?? []).filter((commune) => [commune.name, labelled(commune)].includes(name));
    const code = this.part("insee")?.value;
    const former = same.length > 1 ? same.find((commune) => commune.code === code) : same[0];
    if (former && !this.chosen && this.input.value.trim() === name) this.chosen = { ...former, written: name };
  }

  show(found) {
    this.found = found;
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    const options = found.map((commune) => {
      const option = element("li", { id: newId("commune") }, labelled(commune));
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const codes = commune.postal_codes;
      if (codes.length) option.append(" ", element("small", {}, codes.length > 1 ? `${codes[0]} …` : codes[0]));
      return option;
    });
    this.list.replaceChildren(...options);
    this.open(options.length > 0);
    this.status.textContent = options.length ? "" : this.texts.noCommune;
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.open(false);
  }

  move(step) {
    const options = [...this.list.children];
    this.active = this.active < 0 && step < 0 ? options.length - 1 : (this.active + step + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.active)));
    this.input.setAttribute("aria-activedescendant", options[this.active].id);
    options[this.active].scrollIntoView({ block: "nearest" });
  }

  press(event) {
    const isOpen = !this.list.hidden;
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.move(event.key === "ArrowDown" ? 1 : -1);
      else this.ask();
    } else if (event.key === "Enter" && isOpen && this.active >= 0) {
      event.preventDefault();
      this.choose(this.found[this.active]);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation(); // a dialog around it stays open
      this.close();
    }
  }

  part(name) {
    return this.input.form?.querySelector(`input[data-part="${name}"]`);
  }

  choose(commune) {
    const typedCode = /\b\d{5}\b/.exec(this.input.value)?.[0];
    this.replaceParts(this.chosen, commune, typedCode);
    this.chosen = { ...commune, written: commune.name };
    this.input.value = commune.name;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.close();
    this.say(commune);
  }

  /** Fills the fields that are empty, or that have what followed from the former commune. */
  replaceParts(former, commune, typedCode) {
    for (const [name, valuesOf] of Object.entries(PARTS)) {
      const part = this.part(name);
      if (!part || (part.value.trim() && !(former && valuesOf(former).includes(part.value.trim())))) continue;
      const values = commune ? valuesOf(commune) : [];
      const [only] = values.length === 1 ? values : values.filter((value) => value === (typedCode ?? part.value.trim()));
      fill(part, only ?? "");
      offer(part, values);
    }
  }

  /** Takes back what followed from a commune when another name was written. */
  forget() {
    if (!this.chosen || this.input.value.trim() === this.chosen.written) return;
    this.replaceParts(this.chosen, null);
    this.chosen = null;
    this.say(null);
  }

  say(commune) {
    this.input.dispatchEvent(new CustomEvent("commune-chosen", { bubbles: true, detail: commune }));
  }
}

/** Lets a field offer several values; none of them is written into it. */
function offer(input, values) {
  if (input.list) input.list.remove();
  input.removeAttribute("list");
  if (values.length < 2) return;
  const list = element("datalist", { id: newId("codes") }, ...values.map((value) => element("option", { value })));
  input.after(list);
  input.setAttribute("list", list.id);
}

export function bind(input, texts) {
  new CommuneField(input, texts);
}
