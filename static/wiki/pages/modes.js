// The two ways to write: as the page looks, or as source. The choice is remembered in this browser.
import { PictureUploads, SourcePictures, filesOf, isPastedFile, pictureMarkdown } from "./picture_uploads.js";
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

/** Lets the text of `field` be written in either way. */
export class WritingModes {
  constructor(form, field) {
    this.form = form;
    this.field = field;
    this.host = form.querySelector("[data-visual]");
    this.switch = form.querySelector("[data-modes]");
    this.toolbar = form.querySelector("[data-toolbar]");
    this.note = form.querySelector("[data-editor-note]");
    this.editor = null;
    this.isPreviewing = false;
    this.uploads = new PictureUploads(form, () => this.editor ?? this.source);
    this.source = this.uploads.isOffered ? new SourcePictures(field, this.uploads) : null;
    if (!this.host || !this.switch) return;
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
    this.host.addEventListener("editor-command", (event) => {
      if (event.detail === "picture") this.uploads.choose();
      else this.editor?.run(event.detail);
    });
    form.addEventListener("submit", () => this.keep(), { capture: true });
    field.addEventListener("replaced", () => this.reopen());
    this.set(remembered(), false);
  }

  press(event) {
    const command = event.target.closest("button")?.dataset.command;
    if (!this.editor || !command) return;
    event.stopImmediatePropagation();
    this.editor.run(command);
  }

  /** Writes what was done in the visual editor into the field. */
  keep() {
    this.editor?.keep();
  }

  focus() {
    (this.editor ?? this.field).focus({ preventScroll: true });
  }

  async set(mode, hasFocus) {
    this.wanted = mode;
    this.isPreviewing = false;
    this.form.dispatchEvent(new Event("mode"));
    if (mode === "visual") await this.openVisual();
    if (this.wanted !== "visual") this.closeVisual(); // also if it was chosen while the visual editor was loading
    this.show();
    if (hasFocus) this.focus();
  }

  show() {
    const isVisual = Boolean(this.editor);
    this.field.hidden = isVisual;
    this.host.hidden = !isVisual;
    this.form.classList.toggle("is-visual", isVisual);
    for (const button of this.switch.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String((button.dataset.mode === "visual") === isVisual));
    }
  }

  /** Shows the tools and the text, or hides them where the tab of this name takes their place ("" for none). */
  showPreview(shown) {
    this.form.classList.toggle("is-previewing", shown !== "");
    for (const tab of this.form.querySelectorAll("[data-preview-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.previewTab === shown));
  }

  async openVisual() {
    if (this.editor) return;
    const { script, pages, facts, thumbnails, file } = this.host.dataset;
    const texts = textsOf(this.host);
    try {
      const { open } = await import(script);
      if (this.editor || this.wanted !== "visual") return;
      const { editor, refusal } = open(this.field, {
        host: this.host, toolbar: this.toolbar, blocks: menuBlocks(this.form), pagesUrl: pages, factsUrl: facts, texts,
        pictures: this.pictures(thumbnails, file),
        onState: ({ isExact }) => { this.note.textContent = isExact ? "" : texts.inexact; },
      });
      this.editor = editor ?? null;
      this.note.textContent = refusal ? texts[refusal] : "";
    } catch (error) {
      this.editor = null;
      this.note.textContent = texts.failed;
      console.warn(error);
    }
  }

  /** Returns what the visual editor asks about pictures: addresses, the sizes that are known, and who sends new ones. */
  pictures(thumbnails, page) {
    const isOffered = this.uploads.isOffered;
    return {
      thumbnails, page, sizes: new Map(), markdown: pictureMarkdown,
      areIn: (data) => isOffered && filesOf(data).length > 0,
      isPasted: (data) => isOffered && isPastedFile(data),
      add: (data, at) => this.uploads.add(filesOf(data), at),
    };
  }

  closeVisual() {
    this.editor?.close();
    this.editor = null;
  }

  reopen() {
    if (!this.editor) return;
    this.editor.isDirty = false;
    this.closeVisual();
    this.set("visual", false);
  }
}
