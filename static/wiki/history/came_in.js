// «When did this come in?»: words selected in the text of a page are looked for in its history. Without this module the
// same is asked on the page's history.

const LINES = 3;
const LENGTH = 280;
const QUOTES = /["“”„«»]/gu;

/** What is selected within `text`, whole words only; "" for nothing. */
function selected(text) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return "";
  const range = selection.getRangeAt(0);
  return text.contains(range.commonAncestorContainer) ? selection.toString() : "";
}

/** A query for some text: each line a phrase. */
function query(said) {
  return said
    .split(/[\n\t]+/u)
    .map((line) => line.replace(QUOTES, " ").replace(/\s+/gu, " ").trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .slice(0, LINES)
    .map((line) => `"${line.length > LENGTH ? line.slice(0, LENGTH).replace(/\s\S*$/u, "") : line}"`)
    .join(" ");
}

/** Binds [data-came-in]: its value is the address of the search, `data-page` the page, `data-label` what to offer. */
function bind(text) {
  const link = document.createElement("a");
  link.className = "came-in-offer";
  link.rel = "nofollow";
  link.textContent = text.dataset.label;
  link.hidden = true;
  text.after(link);

  function offer() {
    const words = query(selected(text));
    link.hidden = words === "";
    if (link.hidden) return;
    const address = new URL(text.dataset.cameIn, location.href);
    address.search = new URLSearchParams({ q: words, when: "ever", page: text.dataset.page }).toString();
    link.href = address.href;
    const rests = document.getSelection().getRangeAt(0).getBoundingClientRect();
    const frame = link.offsetParent.getBoundingClientRect();
    link.style.top = `${rests.bottom - frame.top + 8}px`;
    link.style.left = `${Math.max(0, Math.min(rests.left - frame.left, frame.width - link.offsetWidth))}px`;
  }

  document.addEventListener("selectionchange", offer);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") link.hidden = true;
  });
}

for (const text of document.querySelectorAll("[data-came-in]")) bind(text);
