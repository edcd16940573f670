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

/** Shows the toolbar of `form` and binds it and its keys to `field`. */
export function bindToolbar(form, field) {
  const bar = form.querySelector("[data-toolbar]");
  if (!bar) return;
  bar.hidden = false;
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
