// Keeps what is being typed in this browser until the server has it, and offers it again.

const PREFIX = "movilab-draft:";

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // no storage, or not ours
  }
}

function write(key, draft) {
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch {
    // Storage is full or forbidden: the warning before leaving still guards the text.
  }
}

function offer(form, field, draft, forget) {
  const note = form.querySelector("[data-editor-note]");
  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button-quiet";
    made.textContent = words;
    made.addEventListener("click", () => { act(); note.replaceChildren(); });
    return made;
  };
  note.replaceChildren(
    `${form.dataset.saysDraft} `,
    button(form.dataset.saysRestore, () => { field.value = draft.text; }),
    button(form.dataset.saysForget, forget),
  );
}

/** Keeps drafts of `field` under the page's title; a draft that equals the text is dropped. */
export function keepDraft(form, field) {
  const key = PREFIX + form.dataset.draft;
  const draft = read(key);
  const arrived = draft?.sent && draft.base !== form.dataset.base;
  if (draft && !arrived && draft.text !== field.value) offer(form, field, draft, () => write(key, null));
  else write(key, null);
  let waiting = 0;
  const keep = (sent) => write(key, { text: field.value, base: form.dataset.base, sent });
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(false), 800);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    keep(true); // until the page is seen at a later version: the answer may never come
  });
}
