// The source of a text with styles and completion. The field stays what is saved, previewed and kept as a draft.
import { acceptCompletion, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, redo, undo } from "@codemirror/commands";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, dropCursor, highlightSpecialChars, keymap } from "@codemirror/view";
import { adoptStyles } from "./adopted_styles.js";
import { completions, endOfFrontMatter } from "./completions.js";
import { continueList, markLines, wrap } from "./formatting.js";
import { keepPlace, picturePlaces, positionOf, releasePlace } from "./picture_places.js";
import { wikiLanguage } from "./wiki_language.js";

const WAIT = 200;
const SEARCH_KEYS = ["Mod-f", "F3", "Mod-g", "Escape"];
const COMMANDS = { undo, redo };

/** Returns the one change that makes `after` of `before`. */
function changeBetween(before, after) {
  let [from, end] = [0, 0];
  const length = Math.min(before.length, after.length);
  while (from < length && before[from] === after[from]) from += 1;
  while (end < length - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

/**
 * Writes several lines that come at once, as from dictation. A browser that did it would copy inline styles into the lines
 * that it makes, which the site's Content-Security-Policy refuses.
 */
function writeLines(event, view) {
  if (event.inputType !== "insertText" || !event.data?.includes("\n")) return false;
  const range = view.root.getSelection().getRangeAt(0); // the state learns of it a moment later
  const from = view.posAtDOM(range.startContainer, range.startOffset);
  const to = view.posAtDOM(range.endContainer, range.endOffset);
  event.preventDefault();
  view.dispatch({
    changes: { from, to, insert: event.data }, selection: { anchor: from + event.data.length }, userEvent: "input.type", scrollIntoView: true,
  });
  return true;
}

class SourceEditor {
  constructor(field, { host, toolbar, texts, phrases, calls, title, pagesUrl, factsUrl, pictures }) {
    Object.assign(this, { field, host, toolbar, pictures, waiting: 0, isDirty: false, isKeeping: false });
    adoptStyles();
    const writingAids = { spellcheck: "true", autocorrect: "on", autocapitalize: "sentences", writingsuggestions: "true" };
    this.view = new EditorView({
      state: EditorState.create({
        doc: field.value,
        selection: { anchor: field.selectionStart, head: field.selectionEnd },
        extensions: [
          EditorState.phrases.of(phrases), EditorState.tabSize.of(4), EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": texts.label, ...writingAids }),
          history(), dropCursor(), highlightSpecialChars(), search(), wikiLanguage(), picturePlaces,
          completions({ pagesUrl, factsUrl, title, calls, texts }),
          keymap.of(this.keys()),
          EditorView.domEventHandlers({
            beforeinput: writeLines,
            paste: (event) => this.takePictures(event, pictures.isPasted(event.clipboardData), event.clipboardData, null),
            drop: (event, view) => this.takePictures(
              event, pictures.areIn(event.dataTransfer), event.dataTransfer, view.posAtCoords({ x: event.clientX, y: event.clientY }),
            ),
          }),
          EditorView.updateListener.of((update) => { if (update.docChanged) this.keepSoon(); }),
        ],
      }),
      parent: host,
    });
    this.takeSoon = () => { if (!this.isKeeping) this.take(); };
    field.addEventListener("input", this.takeSoon);
  }

  /** Returns the keys: Tab only takes what is offered, so that it leads out of the text otherwise. */
  keys() {
    const buttons = [...this.toolbar.querySelectorAll("button[data-key]")];
    return [
      ...buttons.map(({ dataset }) => ({ key: `Mod-${dataset.key}`, run: () => this.run(dataset.command, dataset), preventDefault: true })),
      { key: "Tab", run: acceptCompletion },
      { key: "Enter", run: continueList },
      ...searchKeymap.filter(({ key }) => SEARCH_KEYS.includes(key)),
      ...historyKeymap,
      ...defaultKeymap,
    ];
  }

  takePictures(event, areThere, data, at) {
    if (!areThere) return false;
    event.preventDefault();
    this.pictures.add(data, at);
    return true;
  }

  keepSoon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.keep(), WAIT);
    this.isDirty = true;
  }

  /** Writes the text into the field. */
  keep() {
    clearTimeout(this.waiting);
    if (!this.isDirty) return;
    this.isDirty = false;
    this.field.value = this.view.state.sliceDoc();
    this.isKeeping = true;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.isKeeping = false;
  }

  /** Takes over what another script has written into the field. */
  take() {
    const text = this.view.state.sliceDoc();
    if (this.field.value === text) return;
    this.view.dispatch({ changes: changeBetween(text, this.field.value) });
    clearTimeout(this.waiting);
    this.isDirty = false;
  }

  /** Does what a button of the toolbar stands for. */
  run(name, { around, line } = {}) {
    if (around) wrap(this.view, around);
    else if (line) markLines(this.view, line);
    else COMMANDS[name]?.(this.view);
    this.view.focus();
    if (name === "link") startCompletion(this.view);
    return true;
  }

  /** Keeps a place in the text for a picture that is on its way. */
  keepPlace(name, at) {
    return keepPlace(this.view, name, this.pictureSpot(at ?? this.view.state.selection.main.head));
  }

  releasePlace(place) {
    releasePlace(this.view, place);
  }

  /** Puts a picture that was stored into its place. */
  fillPlace(place, picture) {
    const { state } = this.view;
    const spot = this.pictureSpot(positionOf(state, place) ?? state.selection.main.head);
    const { at, text } = this.pictures.insertion(state.sliceDoc(), spot, picture);
    releasePlace(this.view, place);
    this.view.dispatch({ changes: { from: at, insert: text }, userEvent: "input" });
  }

  /** Returns where a picture for `at` may stand: not within the front matter. */
  pictureSpot(at) {
    return Math.max(at, endOfFrontMatter(this.view.state.sliceDoc()));
  }

  focus() {
    this.view.focus();
  }

  close() {
    this.keep();
    this.field.removeEventListener("input", this.takeSoon);
    this.view.destroy();
  }
}

/** Opens the editor of the source of `field` in `host`. */
export function open(field, options) {
  return { editor: new SourceEditor(field, options) };
}
