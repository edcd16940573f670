// The visual editor of a text field. The field stays what is saved, previewed and kept as a draft.
import { baseKeymap } from "prosemirror-commands";
import { dropCursor } from "prosemirror-dropcursor";
import { gapCursor } from "prosemirror-gapcursor";
import { history } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { EditorState, Plugin } from "prosemirror-state";
import { tableEditing } from "prosemirror-tables";
import { EditorView } from "prosemirror-view";
import { CallAnswers } from "./call_answers.js";
import { SourceBlockView, callBlocks } from "./call_blocks.js";
import { COMMANDS, KEYS, isActive, isInTable } from "./commands.js";
import { currentBlock } from "./current_block.js";
import { element } from "./elements.js";
import { EmbeddedPictureView, embeddedPicture } from "./embedded_picture.js";
import { FactsForm } from "./facts_form.js";
import { footnotes } from "./footnotes.js";
import { keyboard } from "./keyboard.js";
import { menus } from "./menus.js";
import { referenceOf } from "./note_index.js";
import { NoteView, ReferenceView } from "./note_views.js";
import { joinedText, openText } from "./opened_text.js";
import { fromText, htmlCleaner } from "./pasting.js";
import { PictureView, fillPlace, keepPlace, pictureTools, releasePlace } from "./pictures.js";
import { read } from "./source_tree.js";
import { write } from "./source_writer.js";
import { typing } from "./typing.js";
import { UnitView, decorations } from "./units.js";

const WAIT = 400;
const MOST_WAIT = 1000;
const whenIdle = window.requestIdleCallback?.bind(window) ?? ((work) => work());

class VisualEditor {
  constructor(field, { host, toolbar, texts, blocks, pagesUrl, factsUrl, pictures, askCalls, onState }) {
    Object.assign(this, { field, host, toolbar, texts, pictures, onState, waiting: 0, idle: 0 });
    const { parts, source, refusal } = openText(field.value);
    Object.assign(this, { source, refusal });
    if (this.refusal) return;
    this.facts = new FactsForm(parts, { texts, factsUrl, onChange: () => this.changeFacts() });
    this.place = document.createElement("div");
    this.notice = element("p", { className: "box box-warning", hidden: true });
    this.notice.setAttribute("role", "status");
    host.replaceChildren(this.factsPart(), this.place, this.notice);
    this.answers = new CallAnswers({ ask: askCalls, text: () => this.writtenText() });
    const noteViews = new Set();
    const plugins = [
      callBlocks, menus({ host, blocks, pagesUrl, texts }), keyboard(toolbar), pictureTools(pictures), typing, keymap(KEYS), keymap(baseKeymap), history(), dropCursor(),
      gapCursor(), tableEditing(), decorations, footnotes(noteViews), currentBlock(texts.placeholder),
      new Plugin({ view: () => ({ update: () => this.showState() }) }),
    ];
    this.view = new EditorView(this.place, {
      state: EditorState.create({ doc: this.source.doc, plugins }),
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": texts.label, "aria-keyshortcuts": "Alt+F10", class: "text", dir: "auto", spellcheck: "true" },
      nodeViews: this.nodeViews(noteViews),
      clipboardTextParser: fromText,
      transformPastedHTML: htmlCleaner({ texts, pictures, say: (words) => this.say(words) }),
      dispatchTransaction: (transaction) => this.apply(transaction),
    });
    for (const name of ["term", "definition"]) this.view.dom.style.setProperty(`--${name}`, JSON.stringify(texts[name]));
    this.showState();
  }

  nodeViews(views) {
    const { texts, pictures, answers } = this;
    return {
      wiki: (node, view, getPos) => {
        if (referenceOf(node)) return new ReferenceView(node, view, getPos, { texts, answers, views });
        return embeddedPicture(node.attrs.source)
          ? new EmbeddedPictureView(node, view, getPos, texts, pictures)
          : new UnitView(node, view, getPos, { texts, answers });
      },
      footnote: (node, view) => new NoteView(node, view, { texts, views }),
      source: (node, view, getPos) => new SourceBlockView(node, view, getPos, { texts, answers }),
      image: (node, view, getPos) => new PictureView(node, view, getPos, { texts, pictures }),
    };
  }

  /** Returns the facts in a part that can be folded; it is open where there is room. */
  factsPart() {
    const summary = element("summary");
    this.showCount = () => { summary.textContent = `${this.texts.facts} (${this.facts.count})`; };
    this.showCount();
    const isOpen = matchMedia("(min-width: 48rem)").matches && this.facts.count > 0;
    return element("details", { className: "visual-facts", open: isOpen }, summary, this.facts.dom);
  }

  changeFacts() {
    this.showCount();
    this.keepSoon();
  }

  apply(transaction) {
    this.view.updateState(this.view.state.apply(transaction));
    if (transaction.docChanged) this.keepSoon();
  }

  /** Shows words below the text, or takes them away. */
  say(words) {
    this.notice.textContent = words;
    this.notice.hidden = !words;
  }

  /** Writes the text into the field after a pause, when the browser has nothing else to do: a long text takes its time. */
  keepSoon() {
    this.stopWaiting();
    this.waiting = setTimeout(() => { this.idle = whenIdle(() => this.keep(), { timeout: MOST_WAIT }); }, WAIT);
    this.isDirty = true;
  }

  stopWaiting() {
    clearTimeout(this.waiting);
    window.cancelIdleCallback?.(this.idle);
  }

  /** Writes the text into the field. */
  keep() {
    this.stopWaiting();
    if (!this.isDirty) return;
    this.isDirty = false;
    const { text, isExact } = write(this.source, this.view.state.doc);
    this.field.value = joinedText(this.facts.text, text);
    this.onState({ isExact });
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  writtenText() {
    this.keep();
    return this.field.value;
  }

  /** Keeps a place in the text for a picture that is on its way. */
  keepPlace(name, at) {
    return keepPlace(this.view, name, at);
  }

  releasePlace(place) {
    releasePlace(this.view, place);
  }

  /** Puts a picture that was stored into its place. */
  fillPlace(place, picture) {
    this.pictures.sizes.set(picture.name, { width: picture.width, height: picture.height });
    fillPlace(this.view, place, read(this.pictures.markdown(picture)).doc.firstChild);
  }

  /** Does what a button of the toolbar stands for. */
  run(name) {
    if (name === "link") this.view.dispatch(this.view.state.tr.insertText("[["));
    else COMMANDS[name]?.(this.view.state, this.view.dispatch, this.view);
    this.view.focus();
  }

  showState() {
    for (const button of this.toolbar.querySelectorAll("[data-command]")) {
      const isPressed = String(isActive(this.view.state, button.dataset.command));
      if (button.getAttribute("aria-pressed") !== isPressed) button.setAttribute("aria-pressed", isPressed);
    }
    const tools = this.toolbar.querySelector("[data-table-tools]");
    if (!tools || tools.hidden === !isInTable(this.view.state)) return;
    tools.hidden = !tools.hidden;
    this.toolbar.scrollLeft = tools.hidden ? 0 : tools.offsetLeft; // where they are not all in sight
  }

  focus() {
    this.view.focus();
  }

  close() {
    this.keep();
    this.answers.close();
    this.view.destroy();
    this.host.replaceChildren();
  }
}

/**
 * Opens the visual editor of `field` in `host`. Returns `{ editor }`, or `{ refusal }` with the name of the reason why the
 * text can only be edited as source.
 */
export function open(field, options) {
  const editor = new VisualEditor(field, options);
  return editor.refusal ? { refusal: editor.refusal } : { editor };
}
