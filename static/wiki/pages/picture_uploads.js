// Pictures and other files that are chosen, dropped or pasted while one writes: sent one after the other, each with a line that says how
// far it is. Where each comes into the text is the matter of who writes it (`keepPlace`, `fillPlace`, `releasePlace` of the editor).
import { withSafeBrackets } from "../visual_editor/addresses.js";
import { element } from "../visual_editor/elements.js";

const SHOWN_FOR = 20_000; // milliseconds that the line of a picture stays when it has arrived
/** Answers after which the same file may be taken: no network, signed out, too many at once, a fault of the server. */
const mayTryAgain = (status) => status === 0 || status === 403 || status === 429 || status >= 500;

/** Returns the files among what was dropped or pasted; the wiki says which of them it takes. */
export function filesOf(data) {
  return [...(data?.files ?? [])];
}

/** Whether what was pasted is a file, and not words that a program has drawn too. */
export function isPastedFile(data) {
  if (!filesOf(data).length) return false;
  const words = data.getData("text/html").replace(/<(style|script|title)\b[^]*?<\/\1\s*>|<!--[^]*?-->|<[^>]*>/gi, "");
  return !data.getData("text/plain").trim() && !words.trim();
}

/** Returns the Markdown of a picture or file that was stored. */
export function pictureMarkdown({ name, description }) {
  const words = description.replace(/\s+/g, " ").trim().replace(/[\\[\]]/g, "\\$&");
  return `![${words}](File:${withSafeBrackets(name.replace(/%/g, "%25").replace(/ /g, "_"))})`;
}

/** Returns the token that Django asks for: that of the cookie is newer, if one signed in again in another tab. */
export function csrfToken(form) {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? form.querySelector("[name=csrfmiddlewaretoken]").value;
}

/** One picture on its way, and its line. */
class Upload {
  constructor(uploads, file, place) {
    Object.assign(this, { uploads, file, place, says: uploads.says });
    this.line = element("div", { className: "upload" });
    this.line.setAttribute("role", "status");
    uploads.host.append(this.line);
    this.wait();
  }

  button(words, act) {
    return element("button", { type: "button", className: "button-quiet", textContent: words, onclick: act });
  }

  shared(license, author) {
    return element("small", {}, this.says.saysShared.replace("{license}", license).replace("{author}", author));
  }

  show(kind, ...content) {
    this.line.dataset.kind = kind;
    this.line.replaceChildren(element("span", { className: "upload-name" }, this.file.name), ...content);
  }

  wait() {
    this.bar = element("progress", { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", this.file.name);
    this.show("sent", this.bar, this.button(this.says.saysCancel, () => this.cancel()), this.shared(this.says.license, this.says.author));
  }

  send() {
    const body = new FormData();
    body.set("file", this.file);
    this.request = new XMLHttpRequest();
    this.request.open("POST", this.says.url);
    this.request.setRequestHeader("Accept", "application/json");
    this.request.setRequestHeader("X-CSRFToken", csrfToken(this.uploads.form));
    this.request.upload.addEventListener("progress", ({ loaded, total }) => { this.bar.value = total ? loaded / total : 0; });
    return new Promise((resolve) => {
      this.request.addEventListener("loadend", () => resolve(this.answer()));
      this.request.send(body);
    });
  }

  answer() {
    const { status } = this.request;
    let data = {};
    try {
      data = JSON.parse(this.request.responseText);
    } catch {
      // No answer, or one of a machine before the wiki.
    }
    if ((status === 200 || status === 201) && data.name) this.succeed(data);
    else this.fail(data.error || (status ? this.says.saysRefused : this.says.saysOffline), mayTryAgain(status));
  }

  succeed(picture) {
    this.uploads.writer().fillPlace(this.place, picture);
    const license = picture.license === this.says.licenseId ? this.says.license : picture.license;
    const page = element("a", {
      href: this.says.page.replace("NAME", encodeURIComponent(picture.name.replaceAll(" ", "_"))), target: "_blank", rel: "noopener", textContent: this.says.saysChange,
    });
    this.show("done", this.says.saysDone, this.shared(license, picture.author), page, this.button(this.says.saysClose, () => this.line.remove()));
    setTimeout(() => this.line.remove(), SHOWN_FOR);
  }

  fail(message, isAgain) {
    const again = this.button(this.says.saysAgain, () => {
      this.wait();
      this.uploads.enqueue(this);
    });
    if (!isAgain) this.uploads.writer().releasePlace(this.place);
    this.show("failed", message, ...(isAgain ? [again] : []), this.button(this.says.saysClose, () => this.cancel()));
  }

  cancel() {
    this.isCancelled = true;
    this.request?.abort();
    this.uploads.writer().releasePlace(this.place);
    this.line.remove();
  }
}

/** The pictures of one form. `writer()` returns who holds the text at the moment. */
export class PictureUploads {
  constructor(form, writer) {
    Object.assign(this, { form, writer, queue: [], isBusy: false });
    this.host = form.querySelector("[data-uploads]");
    if (!this.host) return;
    this.says = this.host.dataset;
    this.chooser = form.querySelector("[data-picture-chooser]");
    this.chooser.addEventListener("change", () => {
      this.add([...this.chooser.files]);
      this.chooser.value = "";
    });
    form.querySelector("[data-picture-button]").addEventListener("click", () => this.choose());
    form.addEventListener("submit", (event) => this.hold(event), { capture: true });
    window.addEventListener("beforeunload", (event) => { if (this.isBusy) event.preventDefault(); });
  }

  /** Whether pictures can be sent: not without an account. */
  get isOffered() {
    return Boolean(this.host);
  }

  choose() {
    this.chooser?.click();
  }

  /** Sends pictures, which come to the cursor, or to a position of the document that the editor gave. */
  add(files, at = null) {
    for (const line of this.host.querySelectorAll("[data-kind=done]")) line.remove();
    for (const file of files) this.enqueue(new Upload(this, file, this.writer().keepPlace(file.name, at)));
  }

  async enqueue(upload) {
    this.queue.push(upload);
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.queue.length) {
      const next = this.queue.shift();
      if (!next.isCancelled) await next.send();
    }
    this.isBusy = false;
  }

  /** Holds a text back while its pictures are on their way. */
  hold(event) {
    if (!this.isBusy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.form.querySelector("[data-editor-note]").textContent = this.says.saysWait;
  }
}

/** Returns where a picture for the position `at` of a text is written, and what: behind the line, between blank lines. */
export function pictureInsertion(value, spot, picture) {
  const end = value.indexOf("\n", spot);
  const at = end < 0 ? value.length : end;
  const [before, after] = [value.slice(0, at), value.slice(at)];
  const lead = !before.trim() ? "" : "\n".repeat(Math.max(0, 2 - /\n*$/.exec(before)[0].length));
  return { at, text: lead + pictureMarkdown(picture) + (after.startsWith("\n\n") || !after.trim() ? "" : "\n") };
}

/** Writes pictures into the field of the source; their places move with the text that is written before them. */
export class SourcePictures {
  constructor(field, uploads) {
    Object.assign(this, { field, places: new Set(), value: field.value });
    field.addEventListener("input", () => this.movePlaces());
    field.addEventListener("paste", (event) => {
      if (isPastedFile(event.clipboardData)) this.take(event, uploads, event.clipboardData);
    });
    field.addEventListener("drop", (event) => {
      if (filesOf(event.dataTransfer).length) this.take(event, uploads, event.dataTransfer);
    });
  }

  take(event, uploads, data) {
    event.preventDefault();
    uploads.add(filesOf(data));
  }

  /** Moves the places behind a change: what is the same at the end of the text before and after it stays as far from the end. */
  movePlaces() {
    const [before, after] = [this.value, this.field.value];
    this.value = after;
    if (!this.places.size) return;
    let same = 0;
    const most = Math.min(before.length, after.length);
    while (same < most && before.at(-1 - same) === after.at(-1 - same)) same += 1;
    const end = before.length - same;
    for (const place of this.places) if (place.at >= end) place.at += after.length - before.length;
  }

  keepPlace() {
    const end = this.field.value.indexOf("\n", this.field.selectionEnd);
    const place = { at: end < 0 ? this.field.value.length : end };
    this.value = this.field.value;
    this.places.add(place);
    return place;
  }

  releasePlace(place) {
    this.places.delete(place);
  }

  fillPlace(place, picture) {
    const { field } = this;
    const { at, text } = pictureInsertion(field.value, this.places.has(place) ? place.at : field.selectionEnd, picture);
    this.places.delete(place);
    const isFocused = document.activeElement === field;
    const { selectionStart, selectionEnd } = field;
    const moved = (position) => (position >= at ? position + text.length : position);
    if (isFocused) field.setSelectionRange(at, at);
    // execCommand keeps the browser's undo.
    if (!isFocused || !document.execCommand("insertText", false, text)) {
      field.setRangeText(text, at, at, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    field.setSelectionRange(moved(selectionStart), moved(selectionEnd));
  }
}
