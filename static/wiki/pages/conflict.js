// The screen of edit conflicts: the draft of what was written is offered again by the editor, unless its resolution is saved.
import { markDrafts } from "./draft.js";

for (const form of document.querySelectorAll("form[data-conflict]")) {
  const title = form.dataset.conflict;
  const section = new URLSearchParams(location.search).get("section");
  const mark = (sent) => {
    for (const name of [title, `${title}#${section}`]) markDrafts(name, sent);
  };
  mark(false);
  form.addEventListener("submit", () => mark(true));
}
