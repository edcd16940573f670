// Suggestions while typing, as a combobox with a list (WAI-ARIA 1.2, "Combobox With List Autocomplete"): data-complete
// on a field says what is suggested: property, category, page, value, commune, or question (by the place of the caret).

const PAUSE = 150;
let lists = 0;

/** What is typed at the caret of a question: the kind of word, its beginning, and where it stands. */
export function wordAt(text, caret) {
  const before = text.slice(0, caret);
  const open = before.lastIndexOf("[[");
  if (open < 0 || before.lastIndexOf("]]") > open) return null;
  const inside = before.slice(open + 2);
  const colons = inside.indexOf("::");
  if (colons >= 0) {
    const start = Math.max(colons + 2, inside.lastIndexOf("||") + 2);
    const typed = inside.slice(start).replace(/^\s*(?:>>|<<|!~|[<>≤≥!~])?\s*/, "");
    if (typed.startsWith("<q>")) return null;
    const property = inside.slice(0, colons).split(".").pop().replace(/^\s*-/, "").trim();
    return { kind: "value", q: typed, property, from: caret - typed.length, end: "]]" };
  }
  const category = /^\s*(?:category|catégorie)\s*:\s*!?/i.exec(inside);
  if (category) {
    const start = Math.max(category[0].length, inside.lastIndexOf("||") + 2);
    const typed = inside.slice(start).trimStart();
    return { kind: "category", q: typed, property: "", from: caret - typed.length, end: "]]" };
  }
  const chain = inside.slice(inside.lastIndexOf(".") + 1).replace(/^\s*-?/, "");
  return { kind: "property", q: chain, property: "", from: caret - chain.length, end: "::" };
}

function plainWord(field) {
  const of = field.dataset.completeFrom ? document.getElementById(field.dataset.completeFrom)?.value : field.dataset.completeProperty;
  const chain = field.dataset.complete === "property" ? field.value.lastIndexOf(".") + 1 : 0;
  return { kind: field.dataset.complete, q: field.value.slice(chain), property: of ?? "", from: chain, end: "" };
}

class Combobox {
  constructor(field, address) {
    this.field = field;
    this.address = address;
    this.active = -1;
    this.asked = 0;
    lists += 1;
    this.list = document.createElement("ul");
    this.list.id = `suggestions-${lists}`;
    this.list.className = "suggestions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", document.querySelector(`label[for="${CSS.escape(field.id)}"]`)?.textContent.trim() ?? "");
    this.list.hidden = true;
    field.after(this.list);
    field.parentElement.classList.add("has-suggestions");
    field.autocomplete = "off";
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    field.setAttribute("aria-expanded", "false");
    if (field.tagName === "INPUT") field.setAttribute("role", "combobox");
    else field.removeAttribute("aria-expanded"); // a text of several lines stays a text box
    field.addEventListener("input", () => this.later());
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  word() {
    return this.field.dataset.complete === "question" ? wordAt(this.field.value, this.field.selectionStart) : plainWord(this.field);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const word = this.word();
    if (!word || (word.kind === "value" && !word.property)) return this.close();
    this.asked += 1;
    const mine = this.asked;
    const isName = word.kind === "property" && this.field.dataset.complete === "question";
    this.end = word.end;
    try {
      let found = await this.suggestions(word.kind, word);
      if (!found.length && isName && word.q.length > 1) {
        found = await this.suggestions("page", word); // [[Title]] is a condition too
        this.end = "]]";
      }
      if (mine === this.asked && document.activeElement === this.field) this.show(found);
    } catch {
      this.close();
    }
  }

  async suggestions(kind, { q, property }) {
    const query = new URLSearchParams({ kind, q, property });
    const answer = await fetch(`${this.address}?${query}`, { credentials: "same-origin" });
    return answer.ok ? (await answer.json()).suggestions : [];
  }

  show(suggestions) {
    this.active = -1;
    this.field.removeAttribute("aria-activedescendant");
    const options = suggestions.map(({ value, note }, place) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${place}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.value = value;
      option.append(value);
      if (note) {
        const small = document.createElement("small");
        small.textContent = note;
        option.append(" ", small);
      }
      return option;
    });
    this.list.replaceChildren(...options);
    this.open(options.length > 0);
  }

  open(is) {
    this.list.hidden = !is;
    if (this.field.tagName === "INPUT") this.field.setAttribute("aria-expanded", String(is));
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.active = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.open(false);
  }

  move(step) {
    const options = [...this.list.children];
    this.active = (this.active + step + (this.active < 0 && step < 0 ? 1 : 0) + options.length) % options.length;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.active)));
    this.field.setAttribute("aria-activedescendant", options[this.active].id);
    options[this.active].scrollIntoView({ block: "nearest" });
  }

  take(place) {
    const word = this.word();
    const value = this.list.children[place].dataset.value;
    const { field } = this;
    if (word) {
      const caret = field.dataset.complete === "question" ? field.selectionStart : field.value.length;
      const after = field.value.slice(caret);
      const end = this.end && !after.startsWith(this.end) ? this.end : "";
      field.value = field.value.slice(0, word.from) + value + end + after;
      const stop = word.from + value.length + this.end.length;
      field.setSelectionRange(stop, stop);
    }
    this.close();
    field.dispatchEvent(new CustomEvent("wiki:completed", { bubbles: true }));
    if (word && this.end === "::") this.later();
  }

  key(event) {
    const isOpen = !this.list.hidden;
    const isText = this.field.tagName === "TEXTAREA";
    if (event.key === "ArrowDown" && (isOpen || !isText)) {
      event.preventDefault();
      if (isOpen) this.move(1);
      else this.ask();
    } else if (event.key === "ArrowUp" && isOpen) {
      event.preventDefault();
      this.move(-1);
    } else if (event.key === "Enter" && isOpen && this.active >= 0) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      this.close();
    }
  }
}

/** Binds every field within `root` that asks for suggestions, once. */
export function bindCompletion(root) {
  const address = document.querySelector("meta[name=complete]")?.content;
  if (!address) return;
  for (const field of root.querySelectorAll("[data-complete]:not([data-completes])")) {
    field.dataset.completes = "yes";
    new Combobox(field, address);
  }
}

bindCompletion(document);
document.addEventListener("wiki:added", (event) => bindCompletion(event.target));
