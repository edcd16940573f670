// The editor's comforts: tools, preview without leaving, Ctrl+S, a draft kept in this browser,
// a warning before typed words are left behind. The form works without any of it.
import { bindDiagrams } from "../diagrams/diagrams.js";
import { bindToolbar } from "./toolbar.js";
import { keepDraft } from "./draft.js";
import { WritingModes } from "./modes.js";

function bindPreview(form, modes) {
  const frame = document.querySelector("[data-preview]");
  const note = form.querySelector("[data-editor-note]");
  form.querySelector("[data-preview-button]")?.addEventListener("click", async (event) => {
    event.preventDefault();
    modes.keep();
    const body = new FormData(form);
    body.set("preview", "1");
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST", body, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const screen = new DOMParser().parseFromString(await answer.text(), "text/html");
      const preview = screen.querySelector(".preview");
      if (!preview) throw new Error("no preview");
      frame.replaceChildren(document.importNode(preview, true));
      bindDiagrams(frame);
      frame.scrollIntoView({ block: "start" });
      note.textContent = "";
    } catch {
      note.textContent = form.dataset.saysFailed;
    }
    modes.focus();
  });
}

function warnBeforeLeaving(form, field, modes) {
  const atFirst = field.value;
  let saving = false;
  form.addEventListener("submit", () => { saving = true; });
  window.addEventListener("beforeunload", (event) => {
    modes.keep();
    if (!saving && field.value !== atFirst) event.preventDefault();
  });
}

function saveByKey(form) {
  form.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[name='save']"));
    }
  });
}

for (const form of document.querySelectorAll("form[data-editor]")) {
  const field = form.querySelector("textarea[name='text']");
  const modes = new WritingModes(form, field);
  bindToolbar(form, field);
  bindPreview(form, modes);
  keepDraft(form, field);
  warnBeforeLeaving(form, field, modes);
  saveByKey(form);
}
