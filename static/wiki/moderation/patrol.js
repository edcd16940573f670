// Keys of the patrol: down, up, good, difference. Without this module the buttons do the same.

const rows = [...document.querySelectorAll("[data-patrol-row]")];
let at = -1;

function go(step) {
  at = Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[at]?.focus();
}

const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  b: () => rows[at]?.querySelector("[data-patrol-mark]").click(),
  d: () => rows[at]?.querySelector("[data-patrol-difference]").click(),
};

if (rows.length > 0) {
  document.querySelector("[data-patrol-keys]").hidden = false;
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}
