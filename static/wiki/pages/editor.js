// The editor's comforts: tools, preview without leaving, Ctrl+S, a draft kept in this browser,
// a warning before typed words are left behind. The form works without any of it.
import { bindDiagrams } from "../diagrams/diagrams.js";
import { bindToolbar } from "./toolbar.js";
import { keepDraft } from "./draft.js";
import { WritingModes } from "./modes.js";
import { waitForNetwork, watchOtherTabs } from "./saving.js";

/** Shows the preview, or what the text changes, beside the text where there is room, else in its place, as one of its tabs. */
function bindPreview(form, modes) {
  const frame = document.querySelector("[data-preview]");
  const note = form.querySelector("[data-editor-note]");
  const wide = matchMedia("(min-width: 72rem)");
  const beside = frame.parentElement;
  let shown = "preview";
  const place = () => {
    const isTab = !wide.matches && frame.hasChildNodes() && modes.isPreviewing;
    if (isTab) form.querySelector("[data-visual]").before(frame);
    else beside.append(frame);
    if (!isTab && !wide.matches) frame.replaceChildren();
    modes.showPreview(isTab ? shown : "");
  };
  wide.addEventListener("change", place);
  form.addEventListener("mode", place);
  const show = async (event) => {
    event.preventDefault();
    const name = event.currentTarget.name || event.currentTarget.dataset.previewTab;
    modes.keep();
    const body = new FormData(form);
    body.set(name, "1");
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
      shown = name;
      modes.isPreviewing = true;
      place();
      if (!wide.matches) form.querySelector("[data-modes]").scrollIntoView({ block: "start" });
      note.textContent = "";
    } catch {
      note.textContent = form.dataset.saysFailed;
    }
    if (wide.matches) modes.focus();
  };
  for (const button of form.querySelectorAll("[data-preview-button]")) button.addEventListener("click", show);
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
  waitForNetwork(form); // after the modes, which write the text into its field; before all that takes it as sent
  watchOtherTabs(form);
  bindToolbar(form, field);
  bindPreview(form, modes);
  keepDraft(form, field);
  warnBeforeLeaving(form, field, modes);
  saveByKey(form);
}
