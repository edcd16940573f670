// What the scripts of several fields do.

let numbers = 0;

/** Returns an id that no other element has. */
export function newId(name) {
  numbers += 1;
  return `${name}-${numbers}`;
}

/** Returns what the label of a field says. */
export function labelOf(input) {
  return input.labels?.[0]?.textContent.trim() ?? input.getAttribute("aria-label") ?? "";
}

/** Writes into a field, and lets everybody know as if it had been typed. */
export function fill(input, value) {
  if (input.value === value) return;
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
