// The lists of Word, which are paragraphs with a level, as lists.
import { element } from "./elements.js";

const SIGN = /^[\s\u00a0]*(?:[·•▪§o–-]|\(?(?:\d+|[a-z]|[ivxlc]+)[.)])(?:[\s\u00a0]+|$)/i;
const NUMBERED = /^[\s\u00a0]*\(?(?:\d+|[a-z]|[ivxlc]+)[.)]/i;
const LIST = /mso-list:\s*(l\d+)\s+level(\d+)/i;
const PARAGRAPHS = "p[class*=MsoListParagraph], p[data-style*='mso-list:'], p[data-style*='mso-list: ']";
const IGNORED = "[data-style*='mso-list:Ignore'], [data-style*='mso-list: Ignore']";

/** Returns what Word says of a paragraph of a list, `{ id, level, sign }`, without its sign; null if it is none. */
function takeSign(paragraph) {
  const [, id, level] = LIST.exec(paragraph.dataset.style ?? "") ?? [];
  const ignored = paragraph.querySelectorAll(IGNORED);
  let sign = [...ignored].map((one) => one.textContent).join("");
  for (const one of ignored) one.remove();
  if (!sign) {
    const text = paragraph.ownerDocument.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT).nextNode();
    sign = SIGN.exec(text?.data ?? "")?.[0] ?? "";
    if (sign) text.data = text.data.slice(sign.length);
  }
  return id || sign ? { id, level: Number(level ?? 1), sign } : null;
}

function newList(sign) {
  if (!NUMBERED.test(sign)) return element("ul");
  const start = Number(/\d+/.exec(sign)?.[0] ?? 1);
  return element("ol", start === 1 ? {} : { start });
}

/** Turns the paragraphs by which Word writes lists into lists, those of deeper levels within items. */
export function withLists(body) {
  let open = []; // the lists that the last item is in, each with its level
  let [before, id] = [null, null];
  for (const paragraph of body.querySelectorAll(PARAGRAPHS)) {
    if (before?.nextElementSibling !== paragraph) open = [];
    const found = takeSign(paragraph);
    if (!found) {
      if (open.length) open.at(-1).list.lastElementChild.append(paragraph); // goes on with the item
      continue;
    }
    if (found.level === 1 && found.id !== id) open = [];
    id = found.id;
    while (open.at(-1)?.level > found.level) open.pop();
    if (open.at(-1)?.level !== found.level) {
      const list = newList(found.sign);
      if (open.length) {
        open.at(-1).list.lastElementChild.append(list);
      } else {
        paragraph.before(list);
        before = list;
      }
      open.push({ list, level: found.level });
    }
    open.at(-1).list.append(element("li", {}, element("p", {}, ...paragraph.childNodes)));
    paragraph.remove();
  }
}

/** Joins the lists of one item each by which Word on the web writes lists. */
export function withJoinedLists(body) {
  for (const item of body.querySelectorAll("li[data-aria-level]")) {
    const level = Number(item.dataset.ariaLevel);
    const list = item.parentElement;
    const box = list.parentElement.matches("[class*=ListContainerWrapper]") ? list.parentElement : list;
    let before = box.previousElementSibling;
    if (list.childElementCount !== 1 || !before?.matches("ul, ol")) {
      if (box !== list) box.replaceWith(list);
      continue;
    }
    for (let depth = 1; depth < level && before.lastElementChild; depth += 1) {
      const inner = before.lastElementChild.querySelector(":scope > ul, :scope > ol");
      if (!inner) {
        before.lastElementChild.append(list);
        break;
      }
      before = inner;
    }
    if (list.parentElement !== before.lastElementChild) before.append(item);
    if (!list.childElementCount) list.remove();
    if (box !== list && box.isConnected) box.remove();
  }
}
