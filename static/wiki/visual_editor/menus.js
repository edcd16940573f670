// The list below the cursor: blocks after `/`, pages after `[[`.
import { Plugin, PluginKey } from "prosemirror-state";
import { COMMANDS, insertUnit } from "./commands.js";
import { schema } from "./schema.js";

const key = new PluginKey("menu");
const BLOCKS = /^\/([\p{L} ]{0,20})$/u;
const PAGES = /\[\[([^\]|[\n]{0,80})$/;
const WAIT = 150;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Returns what is being asked for before the cursor: `{ kind, query, from, to }`, or null. */
function asked(state) {
  const { $from, empty } = state.selection;
  if (!empty || $from.parent.type.spec.code) return null;
  const before = $from.parent.textBetween(0, $from.parentOffset, "\ufffc", "\ufffc");
  const match = ($from.parent.type === schema.nodes.paragraph && BLOCKS.exec(before)) || PAGES.exec(before);
  if (!match) return null;
  return { kind: match[0][0] === "/" ? "blocks" : "pages", query: match[1], from: $from.pos - match[0].length, to: $from.pos };
}

/** Shows the list and does what is chosen. `blocks` are those of the template, `texts.newPage` the note of a page that is not written. */
class MenuView {
  constructor(view, { host, blocks, pagesUrl, texts }) {
    Object.assign(this, { view, host, blocks, pagesUrl, texts, choices: [], chosen: 0, waiting: 0, request: null });
    this.list = document.createElement("div");
    this.list.className = "editor-menu";
    this.list.id = "editor-menu";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", texts.choices);
    this.list.tabIndex = 0; // it scrolls
    this.list.hidden = true;
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const index = [...this.list.children].indexOf(event.target.closest("[role=option]"));
      if (index >= 0) this.choose(index);
    });
    host.append(this.list);
  }

  update(view, before) {
    if (before && before.doc === view.state.doc && before.selection.eq(view.state.selection)) return;
    const found = view.hasFocus() ? asked(view.state) : null;
    if (!found || (this.refused?.from === found.from && this.refused?.kind === found.kind)) {
      if (!found) this.refused = null;
      this.hide();
      return;
    }
    this.found = found;
    if (found.kind === "blocks") this.show(this.matchingBlocks(found.query));
    else this.ask(found.query);
  }

  matchingBlocks(query) {
    const words = fold(query.trim());
    return this.blocks.filter((block) => fold(`${block.label} ${block.words}`).includes(words))
      .map((block) => ({ ...block, run: () => this.runBlock(block.command) }));
  }

  runBlock(name) {
    const { from, to } = this.found;
    this.view.dispatch(this.view.state.tr.delete(from, to));
    if (COMMANDS[name]) COMMANDS[name](this.view.state, this.view.dispatch, this.view);
    else this.host.dispatchEvent(new CustomEvent("editor-command", { detail: name }));
  }

  ask(query) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(async () => {
      this.request?.abort();
      this.request = new AbortController();
      let results = [];
      try {
        const answer = query.trim() ? await fetch(`${this.pagesUrl}?q=${encodeURIComponent(query)}`, { signal: this.request.signal }) : null;
        if (answer?.ok) ({ results } = await answer.json());
      } catch {
        if (this.request.signal.aborted) return;
      }
      if (this.found?.query === query) this.show(this.pageChoices(query, results));
    }, WAIT);
  }

  pageChoices(query, results) {
    const choices = results.map((page) => ({ label: page.title, note: page.place || page.kind, run: () => this.link(page.full_title) }));
    const isThere = results.some((page) => fold(page.full_title) === fold(query.trim()));
    if (!query.trim()) choices.push({ label: this.texts.typeTitle, run: () => this.view.focus() });
    else if (!isThere) choices.push({ label: query.trim(), note: this.texts.newPage, isRed: true, run: () => this.link(query.trim()) });
    return choices;
  }

  link(title) {
    const { from, to } = this.found;
    this.view.dispatch(this.view.state.tr.delete(from, to));
    insertUnit(`[[${title}]]`)(this.view.state, this.view.dispatch);
    this.view.focus();
  }

  show(choices) {
    if (!choices.length) {
      this.hide();
      return;
    }
    [this.choices, this.chosen] = [choices, 0];
    this.list.replaceChildren(...choices.map((choice, index) => {
      const option = document.createElement("div");
      option.setAttribute("role", "option");
      option.id = `editor-menu-${index}`;
      if (choice.isRed) option.className = "red";
      if (choice.icon) option.append(choice.icon.cloneNode(true));
      option.append(choice.label);
      if (choice.note) {
        const note = document.createElement("small");
        note.textContent = choice.note;
        option.append(note);
      }
      return option;
    }));
    this.list.hidden = false;
    this.place();
    this.mark();
  }

  place() {
    const at = this.view.coordsAtPos(this.found.from);
    const frame = this.host.getBoundingClientRect();
    this.list.style.top = `${at.bottom - frame.top + 4}px`;
    this.list.style.left = `${Math.max(0, Math.min(at.left - frame.left, frame.width - this.list.offsetWidth))}px`;
  }

  mark() {
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.chosen)));
    this.list.children[this.chosen].scrollIntoView({ block: "nearest" });
    this.view.dom.setAttribute("aria-controls", this.list.id);
    this.view.dom.setAttribute("aria-haspopup", "listbox");
    this.view.dom.setAttribute("aria-activedescendant", `editor-menu-${this.chosen}`);
  }

  hide() {
    clearTimeout(this.waiting);
    if (this.list.hidden && !this.found) return;
    this.found = null;
    this.list.hidden = true;
    this.view.dom.removeAttribute("aria-activedescendant");
    this.view.dom.removeAttribute("aria-controls");
    this.view.dom.removeAttribute("aria-haspopup");
  }

  choose(index) {
    this.choices[index].run();
    this.hide();
  }

  /** Handles a key while the list is shown; true if it was for the list. */
  press(event) {
    if (this.list.hidden) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : this.choices.length - 1)) % this.choices.length;
      this.mark();
      return true;
    }
    if (event.key === "Enter" || event.key === "Tab") {
      this.choose(this.chosen);
      return true;
    }
    if (event.key !== "Escape") return false;
    this.refused = this.found;
    this.hide();
    return true;
  }

  destroy() {
    this.request?.abort();
    this.list.remove();
  }
}

/** Returns the plugin of the two lists. */
export function menus(options) {
  let menu = null;
  return new Plugin({
    key,
    view: (view) => (menu = new MenuView(view, options)),
    props: {
      handleKeyDown: (_, event) => Boolean(menu?.press(event)),
      handleDOMEvents: { blur: () => { menu?.hide(); return false; } },
    },
  });
}
