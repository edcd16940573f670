// Words selected in the text of a page: «When did this come in?» looks for them in its history, «Copy with credit» puts
// them on the clipboard with whom to name, «Discuss» begins a discussion of their passage. Without this
// module all three are on screens of the page.

const LINES = 3;
const LENGTH = 280;
const CREDITED = 4000; // signs of a selection by which its authors are found
const DISCUSSED = 500; // signs of a selection by which its passage is found
const QUOTES = /["“”„«»]/gu;

/** What is selected in `text`, up to its end; "" for nothing, or where it begins elsewhere. */
function selected(text) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return "";
  const range = selection.getRangeAt(0);
  if (!text.contains(range.startContainer)) return "";
  if (text.contains(range.endContainer)) return selection.toString();
  const within = range.cloneRange(); // a triple click on the last paragraph ends where the next element begins
  within.setEnd(text, text.childNodes.length);
  return within.toString();
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

/** An address with these parameters. */
function withParameters(base, parameters) {
  const address = new URL(base, location.href);
  address.search = new URLSearchParams(parameters).toString();
  return address.href;
}

/** A piece of text as HTML that only shows it. */
function escaped(words) {
  const holder = document.createElement("p");
  holder.textContent = words;
  return holder.innerHTML.replaceAll("\n", "<br>");
}

/** Puts a passage with its credit on the clipboard, as text and as HTML; false where the browser does not let us. */
async function copyWithCredit(said, address) {
  if (!window.ClipboardItem || !navigator.clipboard?.write) return false;
  const credit = fetch(address, { credentials: "same-origin" }).then((answer) => answer.json());
  const blob = (type, of) => credit.then((told) => new Blob([of(told)], { type }));
  const item = new ClipboardItem({
    "text/plain": blob("text/plain", (told) => `${said}\n\n${told.text}`),
    "text/html": blob("text/html", (told) => `<blockquote>${escaped(said)}</blockquote>\n${told.html}`),
  });
  return navigator.clipboard.write([item]).then(
    () => true,
    () => false,
  );
}

/** A link that is offered beside a selection. */
function offered(box, label) {
  const link = document.createElement("a");
  link.rel = "nofollow";
  link.textContent = label;
  box.append(link);
  return link;
}

/** Binds [data-came-in]: its value is the address of the search, `data-page` the page, `data-credits` its credits. */
function bind(text) {
  const box = document.createElement("div");
  box.className = "came-in-offer";
  box.hidden = true;
  text.after(box);
  const since = offered(box, text.dataset.label);
  const credit = offered(box, text.dataset.creditLabel);
  const discussion = text.dataset.discuss ? offered(box, text.dataset.discussLabel) : null;
  credit.setAttribute("aria-live", "polite");
  let said = "";

  function offer() {
    const now = selected(text);
    const words = query(now);
    box.hidden = words === "";
    if (box.hidden) return;
    said = now.trim();
    credit.textContent = text.dataset.creditLabel;
    since.href = withParameters(text.dataset.cameIn, { q: words, when: "ever", page: text.dataset.page });
    credit.href = withParameters(text.dataset.credits, { words: said.slice(0, CREDITED) });
    if (discussion) discussion.href = withParameters(text.dataset.discuss, { words: said.slice(0, DISCUSSED) });
    const rests = document.getSelection().getRangeAt(0).getBoundingClientRect();
    const frame = box.offsetParent.getBoundingClientRect();
    box.style.top = `${rests.bottom - frame.top + 8}px`;
    box.style.left = `${Math.max(0, Math.min(rests.left - frame.left, frame.width - box.offsetWidth))}px`;
  }

  credit.addEventListener("click", async (event) => {
    event.preventDefault();
    const address = withParameters(text.dataset.credits, { words: said.slice(0, CREDITED), format: "json" });
    if (await copyWithCredit(said, address)) credit.textContent = text.dataset.copied;
    else location.assign(credit.href);
  });
  document.addEventListener("selectionchange", offer);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") box.hidden = true;
  });
}

for (const text of document.querySelectorAll("[data-came-in]")) bind(text);
