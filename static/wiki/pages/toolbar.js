// Buttons that write Markdown around the chosen words (data-around) or before their lines (data-line).

function put(field, text, start, end) {
  field.focus();
  // execCommand keeps the browser's undo; setRangeText is for browsers that have dropped it.
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(start, end);
}

function around(field, pattern) {
  const [before, after] = pattern.split("…");
  const { selectionStart: start, selectionEnd: end, value } = field;
  const chosen = value.slice(start, end);
  put(field, before + chosen + after, start + before.length, end + before.length);
}

function lines(field, mark) {
  const { selectionStart, selectionEnd, value } = field;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const chosen = value.slice(start, selectionEnd);
  const marked = chosen.split("\n").map((line) => mark + line).join("\n");
  field.setSelectionRange(start, selectionEnd);
  put(field, marked, start + marked.length, start + marked.length);
}

function act(field, button) {
  if (button.dataset.around) around(field, button.dataset.around);
  else if (button.dataset.line) lines(field, button.dataset.line);
}

/** Makes the buttons one stop of the Tab key: arrows, Home and End go from one to the next that is shown. */
function bindArrows(bar) {
  const buttons = [...bar.querySelectorAll("button")];
  const stop = (button) => buttons.forEach((one) => { one.tabIndex = one === button ? 0 : -1; });
  stop(buttons[0]);
  bar.addEventListener("focusin", (event) => stop(event.target));
  bar.addEventListener("focusout", (event) => { if (!bar.contains(event.relatedTarget)) stop(buttons[0]); }); // which is always shown
  bar.addEventListener("keydown", (event) => {
    const shown = buttons.filter((button) => button.offsetParent);
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const at = shown.indexOf(event.target);
    const places = { Home: 0, End: shown.length - 1 };
    const next = steps[event.key] ? (at + steps[event.key] + shown.length) % shown.length : places[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    shown[next].focus();
  });
}

/** Shows the toolbar of `form` and binds it and its keys to `field`. */
export function bindToolbar(form, field) {
  const bar = form.querySelector("[data-toolbar]");
  if (!bar) return;
  bar.hidden = false;
  bindArrows(bar);
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) act(field, button);
  });
  field.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const button = bar.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button) return;
    event.preventDefault();
    act(field, button);
  });
}
