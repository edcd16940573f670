// The two ways to write: as the page looks, or as source. The choice is remembered in this browser. The source has an editor
// too, with styles and completion; the field itself is what is shown until an editor is there, or if none comes.
import { PictureUploads, SourcePictures, csrfToken, filesOf, isPastedFile, pictureInsertion, pictureMarkdown } from "./picture_uploads.js";
import { textsOf } from "../visual_editor/elements.js";

const KEY = "movilab-editor";

function remembered() {
  try {
    return localStorage.getItem(KEY) === "source" ? "source" : "visual";
  } catch {
    return "visual";
  }
}

function remember(mode) {
  try {
    localStorage.setItem(KEY, mode);
  } catch {
    // No storage: the choice holds for this page.
  }
}

/** Returns the blocks of the menu of the visual editor. */
function menuBlocks(form) {
  return [...form.querySelector("template[data-block-menu]").content.querySelectorAll("button")].map((button) => ({
    command: button.dataset.command, label: button.textContent.trim(), words: button.dataset.words, icon: button.querySelector("svg"),
  }));
}

/** Returns the texts of the elements <data> of a template, as `[value, text]`. */
function dataOf(form, selector) {
  return [...form.querySelector(selector).content.querySelectorAll("data")].map((item) => [item.value, item.textContent]);
}

/** Lets the text of `field` be written in either way. */
export class WritingModes {
  constructor(form, field) {
    this.form = form;
    this.field = field;
    this.hosts = { visual: form.querySelector("[data-visual]"), source: form.querySelector("[data-source-editor]") };
    this.switch = form.querySelector("[data-modes]");
    this.toolbar = form.querySelector("[data-toolbar]");
    this.note = form.querySelector("[data-editor-note]");
    this.editor = null;
    this.shown = "source"; // the mode of the editor that is open, or of the field
    this.turn = 0;
    this.isPreviewing = false;
    this.uploads = new PictureUploads(form, () => this.editor ?? this.fieldPictures);
    this.fieldPictures = this.uploads.isOffered ? new SourcePictures(field, this.uploads) : null;
    if (!this.hosts.visual || !this.switch) return;
    this.texts = textsOf(this.hosts.visual);
    this.switch.hidden = false;
    this.switch.addEventListener("click", (event) => {
      const mode = event.target.closest("button")?.dataset.mode;
      if (!mode) return;
      remember(mode);
      this.set(mode, true);
    });
    this.toolbar.addEventListener("mousedown", (event) => {
      if (this.editor && event.target.closest("button")) event.preventDefault(); // the selection stays
    });
    this.toolbar.addEventListener("click", (event) => this.press(event), { capture: true });
    this.hosts.visual.addEventListener("editor-command", (event) => {
      if (event.detail === "picture") this.uploads.choose();
      else this.editor?.run(event.detail);
    });
    form.addEventListener("submit", () => this.keep(), { capture: true });
    field.addEventListener("replaced", () => this.replace());
    for (const label of field.labels) label.addEventListener("click", () => this.editor?.focus());
    this.set(remembered(), false);
  }

  press(event) {
    const tool = event.target.closest("button")?.dataset;
    if (!this.editor || !(tool?.command || tool?.around || tool?.line)) return;
    event.stopImmediatePropagation();
    this.editor.run(tool.command, tool);
  }

  /** Writes what was done in the editor into the field. */
  keep() {
    this.editor?.keep();
  }

  focus() {
    (this.editor ?? this.field).focus({ preventScroll: true });
  }

  async set(mode, hasFocus) {
    this.turn += 1;
    const { turn } = this;
    this.isPreviewing = false;
    this.form.dispatchEvent(new Event("mode"));
    if (!this.editor || this.shown !== mode) {
      const isOpen = await this.open(mode, turn);
      if (!isOpen && mode === "visual") await this.open("source", turn);
    }
    if (turn === this.turn && hasFocus) this.focus();
  }

  /** Opens the editor of a mode in place of what is shown; false if it cannot be, or if another mode was chosen meanwhile. */
  async open(mode, turn) {
    let module = null;
    try {
      module = await import(this.hosts[mode].dataset.script);
    } catch (error) {
      console.warn(error);
    }
    if (turn !== this.turn) return false;
    const isInField = document.activeElement === this.field;
    this.close();
    const refusal = module ? this.start(mode, module) : "failed";
    if (mode === "visual") this.note.textContent = refusal ? this.texts[refusal] : "";
    this.show();
    if (isInField) this.focus();
    return Boolean(this.editor);
  }

  /** Starts the editor of a module; why it cannot be, as the name of a text, or "". */
  start(mode, { open }) {
    const { pages, facts, thumbnails, file } = this.hosts.visual.dataset;
    const common = {
      host: this.hosts[mode], toolbar: this.toolbar, texts: this.texts, pagesUrl: pages, factsUrl: facts,
      pictures: this.pictures(thumbnails, file),
    };
    const own = mode === "visual" ? this.visualOptions() : this.sourceOptions();
    try {
      const { editor, refusal } = open(this.field, { ...common, ...own });
      this.editor = editor ?? null;
      if (editor) this.shown = mode;
      return refusal ?? "";
    } catch (error) {
      console.warn(error);
      return "failed";
    }
  }

  visualOptions() {
    return {
      blocks: menuBlocks(this.form), askCalls: (text) => this.askCalls(text),
      onState: ({ isExact }) => { this.note.textContent = isExact ? "" : this.texts.inexact; },
    };
  }

  /** Asks the wiki what the calls of a text answer, by their sources. */
  async askCalls(text) {
    const { calls, title } = this.hosts.visual.dataset;
    const body = new FormData();
    body.set("title", title);
    body.set("text", text);
    const answer = await fetch(calls, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": csrfToken(this.form) } });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).answers;
  }

  sourceOptions() {
    return {
      title: this.hosts.visual.dataset.title,
      phrases: Object.fromEntries(dataOf(this.form, "template[data-phrases]")),
      calls: dataOf(this.form, "template[data-calls]").map(([label, detail]) => ({ label, detail })),
    };
  }

  show() {
    this.field.hidden = Boolean(this.editor);
    for (const [mode, host] of Object.entries(this.hosts)) {
      const isShown = Boolean(this.editor) && this.shown === mode;
      host.hidden = !isShown;
      this.form.classList.toggle(`is-${mode}`, isShown);
    }
    for (const button of this.switch.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === this.shown));
    }
    if (this.shown === "visual") return;
    for (const button of this.toolbar.querySelectorAll("[data-command]")) button.removeAttribute("aria-pressed");
  }

  /** Shows the tools and the text, or hides them where the tab of this name takes their place ("" for none). */
  showPreview(shown) {
    this.form.classList.toggle("is-previewing", shown !== "");
    for (const tab of this.form.querySelectorAll("[data-preview-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.previewTab === shown));
  }

  /** Returns what the editors ask about pictures: addresses, the sizes that are known, and who sends new ones. */
  pictures(thumbnails, page) {
    const isOffered = this.uploads.isOffered;
    return {
      thumbnails, page, sizes: new Map(), markdown: pictureMarkdown, insertion: pictureInsertion,
      areIn: (data) => isOffered && filesOf(data).length > 0,
      isPasted: (data) => isOffered && isPastedFile(data),
      add: (data, at) => this.uploads.add(filesOf(data), at),
    };
  }

  /** Closes the editor: the field has its text. */
  close() {
    this.editor?.close();
    this.editor = null;
    this.shown = "source";
    this.show();
  }

  /** Shows a text that was written into the field, such as a draft. */
  replace() {
    if (this.shown !== "visual") return; // the editor of the source listens itself
    this.editor.isDirty = false;
    this.close();
    this.set("visual", false);
  }
}
