// The Ask form's comforts: rows that come and go, the parameters of the chosen format, copying, the place of a mistake.
// Everything works without it. Completion is in autocomplete.js, which other screens use too.

const PAUSE = 400;
let made = 1000;

/** Shows the buttons of a list of rows and binds them: one adds an empty row, one in each row removes it. */
function bindRows(box) {
  const list = box.querySelector("ol");
  const add = box.querySelector("[data-add]");
  const offer = () => {
    const rows = list.querySelectorAll("[data-row]");
    for (const button of list.querySelectorAll("[data-remove]")) button.hidden = rows.length < 2;
  };
  add.hidden = false;
  add.addEventListener("click", () => {
    const row = list.querySelector("[data-row]").cloneNode(true);
    made += 1;
    for (const field of row.querySelectorAll("[id]")) {
      const id = field.id.replace(/\d+$/, String(made));
      row.querySelector(`label[for="${field.id}"]`)?.setAttribute("for", id);
      for (const other of row.querySelectorAll(`[data-complete-from="${field.id}"]`)) other.dataset.completeFrom = id;
      field.id = id;
    }
    for (const field of row.querySelectorAll("input")) field.value = "";
    for (const field of row.querySelectorAll("select")) field.selectedIndex = 0;
    for (const gone of row.querySelectorAll("[role=listbox], .ask-row-problem")) gone.remove();
    row.classList.remove("ask-unused");
    for (const bound of row.querySelectorAll("[data-completes]")) delete bound.dataset.completes;
    list.append(row);
    offer();
    row.dispatchEvent(new CustomEvent("wiki:added", { bubbles: true }));
    row.querySelector("input").focus();
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    button.closest("[data-row]").remove();
    offer();
    add.focus();
    box.dispatchEvent(new CustomEvent("wiki:removed"));
  });
  offer();
}

/** Fetches the fields of the format that is chosen; what was typed in fields of the same name stays. */
function bindFormat(form) {
  const place = form.querySelector("[data-parameters]");
  let latest = 0;
  form.querySelector("select[name=format]").addEventListener("change", async () => {
    const fields = new URLSearchParams(new FormData(form));
    for (const name of ["q", "pp", "ph", "pf", "px", "rk", "rp", "ro", "rv", "rw", "rq", "form"]) fields.delete(name);
    latest += 1;
    const mine = latest;
    const answer = await fetch(`${form.dataset.ask}?${fields}`, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || mine !== latest) return;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...[...parsed.body.childNodes].map((node) => document.importNode(node, true)));
    place.dispatchEvent(new CustomEvent("wiki:added", { bubbles: true }));
  });
}

/** Shows how many results the conditions have while somebody types, and writes them as text where that was not changed. */
function bindQuestion(form, box) {
  const place = box.querySelector("[data-count]");
  const text = form.querySelector("textarea[name=q]");
  const shown = form.querySelector("input[name=rq]");
  const isTextOnly = text.value.trim() !== "" && text.closest("details").open;
  let timer = 0;
  let latest = 0;
  const count = async () => {
    latest += 1;
    const mine = latest;
    const fields = new URLSearchParams([...new FormData(form)].filter(([name]) => ["rk", "rp", "ro", "rv", "rw", "at"].includes(name)));
    const answer = await fetch(`${box.dataset.question}?${fields}`, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || mine !== latest) return;
    const { question, message } = await answer.json();
    place.textContent = message;
    if (isTextOnly || text.value.trim() !== shown.value.trim()) return;
    text.value = question;
    shown.value = question;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(count, PAUSE);
  };
  box.addEventListener("input", later);
  box.addEventListener("wiki:completed", later);
  box.addEventListener("wiki:removed", later);
  const completeTowns = (operator) => {
    const value = operator.closest("[data-row]").querySelector("input[name=rv]");
    value.dataset.complete = operator.value === "near" ? "commune" : "value";
  };
  for (const operator of box.querySelectorAll("select[name=ro]")) completeTowns(operator);
  box.addEventListener("wiki:added", (event) => completeTowns(event.target.querySelector("select[name=ro]")));
  box.addEventListener("change", (event) => {
    const operator = event.target.closest("select[name=ro]");
    if (!operator) return;
    const row = operator.closest("[data-row]");
    completeTowns(operator);
    for (const name of ["rv", "rw"]) {
      const field = row.querySelector(`input[name=${name}]`);
      if (getComputedStyle(field.closest(".field")).display === "none") field.value = "";
    }
  });
}

function showMistake(form) {
  const field = form.querySelector("[data-wrong-at]");
  if (!field) return;
  const spaces = field.value.length - field.value.trimStart().length;
  const at = Number(field.dataset.wrongAt) + spaces;
  field.focus();
  field.setSelectionRange(at, Math.min(at + 1, field.value.length));
}

for (const form of document.querySelectorAll("form[data-ask]")) {
  for (const box of form.querySelectorAll("[data-rows]")) bindRows(box);
  for (const box of form.querySelectorAll("[data-question]")) bindQuestion(form, box);
  bindFormat(form);
  showMistake(form);
}
