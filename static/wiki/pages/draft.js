// Keeps what is being typed in this browser until the server has it, and offers it again. A draft that was offered and not
// answered stays until it is: what is typed meanwhile is a draft of its own.

const PREFIX = "movilab-draft:";
const DRAFTS = 3;
const WAIT = 800;
const SENT = "movilab-sent-draft";

function read(key) {
  try {
    const stored = JSON.parse(localStorage.getItem(key));
    const drafts = Array.isArray(stored) ? stored : [stored];
    return drafts.filter((draft) => typeof draft?.text === "string");
  } catch {
    return []; // no storage, or not ours
  }
}

function write(key, drafts) {
  try {
    if (drafts.length) localStorage.setItem(key, JSON.stringify(drafts.slice(-DRAFTS)));
    else localStorage.removeItem(key);
  } catch {
    // Storage is full or forbidden: the warning before leaving still guards the text.
  }
}

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button-quiet";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

/** Shows the drafts that were found above everything else; `answer(draft, isTaken)` is called for each answer. */
function offer(form, drafts, answer) {
  const box = form.querySelector("[data-drafts]");
  box.hidden = false;
  const language = document.documentElement.lang;
  for (const draft of drafts) {
    const line = document.createElement("p");
    const answered = (isTaken) => {
      answer(draft, isTaken);
      line.remove();
      box.hidden = !box.children.length;
    };
    const time = draft.at ? `${new Date(draft.at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" })} · ` : "";
    line.append(
      `${form.dataset.saysDraft} ${time}`,
      button(form.dataset.saysRestore, () => answered(true)), " ", button(form.dataset.saysForget, () => answered(false)),
    );
    box.append(line);
  }
}

/** Returns the fields of a form beside its text, as `[name, value]`; none where it has only a text. */
function factsOf(form) {
  return form.querySelector("[data-fact-fields]") ? [...new FormData(form)].filter(([name]) => name.startsWith("fact-") || name === "title") : [];
}

/** Marks the drafts of a page as sent, to be dropped once the page is at another version, or as not sent. */
export function markDrafts(name, sent) {
  const key = PREFIX + name;
  write(key, read(key).map((draft) => ({ ...draft, sent })));
}

function rememberSent(key) {
  try {
    sessionStorage.setItem(SENT, key);
  } catch {
    // No storage, no drafts either.
  }
}

/** Drops the draft that was just sent, on the page that a save leads to. */
export function dropSentDraft() {
  if (!location.pathname.startsWith("/wiki/")) return;
  try {
    const key = sessionStorage.getItem(SENT);
    if (key) write(key, read(key).filter((draft) => !draft.sent));
    sessionStorage.removeItem(SENT);
  } catch {
    // No storage, no drafts either.
  }
}

/** Keeps drafts of `field` under the page's title; drafts that equal the text or have arrived are dropped. */
export function keepDraft(form, field) {
  const key = PREFIX + form.dataset.draft;
  const hasArrived = (draft) => draft.sent && draft.base !== form.dataset.base;
  const filled = (facts = []) => JSON.stringify(facts.filter(([, value]) => value));
  const isShown = (draft) => draft.text === field.value && filled(draft.facts) === filled(factsOf(form));
  let unanswered = read(key).filter((draft) => !hasArrived(draft) && !isShown(draft));
  write(key, unanswered);
  if (unanswered.length) {
    offer(form, unanswered, (draft, isTaken) => {
      unanswered = unanswered.filter((one) => one !== draft);
      write(key, unanswered);
      if (!isTaken) return;
      field.value = draft.text;
      field.dispatchEvent(new Event("replaced"));
      field.dispatchEvent(new Event("input", { bubbles: true }));
      form.querySelector("[data-fact-fields]")?.dispatchEvent(new CustomEvent("restore", { detail: draft.facts ?? [] }));
    });
  }
  let waiting = 0;
  const keep = (sent) => write(key, [...unanswered, { text: field.value, facts: factsOf(form), base: form.dataset.base, sent, at: Date.now() }]);
  const keepSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(false), WAIT);
  };
  field.addEventListener("input", keepSoon);
  if (form.querySelector("[data-fact-fields]")) form.addEventListener("input", keepSoon);
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    keep(true); // until the page is seen at a later version, or after the save: the answer may never come
    rememberSent(key);
  });
}
