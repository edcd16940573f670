// How footnotes and what refers to them are shown: by their numbers, with a way from one to the other.
import { element } from "./elements.js";
import { goToNote, goToText, notesIn } from "./footnotes.js";
import { referenceOf } from "./note_index.js";
import { schema } from "./schema.js";
import { UnitView } from "./units.js";

/** Shows a reference as the number of its note, which a click leads to. One without a note is edited as its source. */
export class ReferenceView extends UnitView {
  constructor(node, view, getPos, { texts, answers, views }) {
    super(node, view, getPos, { texts, answers });
    this.views = views;
    views.add(this);
    this.showNumber();
  }

  show() {
    super.show();
    this.label = referenceOf(this.node);
    this.shown = null;
    this.showNumber();
  }

  showNumber() {
    const { notes, numbers } = notesIn(this.view.state);
    const note = notes.get(this.label)?.node;
    const number = String(numbers.get(this.label) ?? this.label);
    if (this.shown && this.shown.note === note && this.shown.number === number) return;
    this.shown = { note, number };
    this.showContent(number);
    this.dom.title = note?.textBetween(0, note.content.size, "\n", "…") ?? this.texts.noNote;
    this.dom.classList.toggle("red", !note);
  }

  open() {
    if (!goToNote(this.label)(this.view.state, this.view.dispatch)) super.open();
    else this.view.focus();
  }

  destroy() {
    this.views.delete(this);
  }
}

/** Shows a footnote with its number, which leads back to the text. */
export class NoteView {
  constructor(node, view, { texts, views }) {
    Object.assign(this, { node, view, texts, views });
    this.contentDOM = element("div");
    this.button = element("button", { type: "button", className: "button-quiet", tabIndex: -1 }); // keys: Ctrl+Enter
    this.button.addEventListener("mousedown", (event) => event.preventDefault());
    this.button.addEventListener("click", () => this.leave());
    const side = element("div", { contentEditable: "false" }, this.button);
    this.dom = element("div", { className: "note-text" }, this.contentDOM, side);
    views.add(this);
    this.showNumber();
  }

  showNumber() {
    const { references, numbers } = notesIn(this.view.state);
    const { label } = this.node.attrs;
    const isUsed = references.has(label);
    const number = numbers.get(label) ?? label;
    if (this.shown === `${number} ${isUsed}`) return;
    this.shown = `${number} ${isUsed}`;
    this.button.textContent = isUsed ? `${number} ↩` : `${number}`;
    this.button.disabled = !isUsed;
    const words = isUsed ? this.texts.backToText : this.texts.unusedNote;
    this.button.title = words;
    this.button.setAttribute("aria-label", `${number}: ${words}`);
    this.dom.classList.toggle("is-unused", !isUsed);
    this.dom.dataset.says = isUsed ? "" : words;
  }

  leave() {
    goToText(this.node.attrs.label)(this.view.state, this.view.dispatch);
    this.view.focus();
  }

  update(node) {
    if (node.type !== schema.nodes.footnote) return false;
    this.node = node;
    this.showNumber();
    return true;
  }

  stopEvent(event) {
    return this.button.contains(event.target);
  }

  ignoreMutation(mutation) {
    return mutation.type !== "selection" && !this.contentDOM.contains(mutation.target);
  }

  destroy() {
    this.views.delete(this);
  }
}
