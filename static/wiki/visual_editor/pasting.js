// What is pasted: Markdown is read as Markdown; what word processors add to HTML is left out.
import { Slice } from "prosemirror-model";
import { read } from "./source_tree.js";

const WORD_LIST = /^[\s\u00a0]*(?:[·•▪o§-]|\d+[.)])[\s\u00a0]+/;

/** Returns the document of a pasted plain text. */
export function fromText(text) {
  const { doc } = read(text.replace(/\r\n?/g, "\n"));
  const isLine = doc.childCount === 1 && doc.firstChild.isTextblock && !text.includes("\n");
  return isLine ? new Slice(doc.content, 1, 1) : Slice.maxOpen(doc.content);
}

/** Turns the paragraphs by which Word writes lists into lists. */
function withLists(body) {
  let list = null;
  for (const item of body.querySelectorAll("p[class*=MsoListParagraph], p[data-style*=mso-list]")) {
    const isNumbered = /^[\s\u00a0]*\d/.test(item.textContent);
    for (const ignored of item.querySelectorAll("[data-style*='mso-list:Ignore'], [data-style*='mso-list: Ignore']")) ignored.remove();
    const first = item.ownerDocument.createTreeWalker(item, NodeFilter.SHOW_TEXT).nextNode();
    if (first) first.data = first.data.replace(WORD_LIST, "");
    if (!list || list.nextElementSibling !== item) {
      list = body.ownerDocument.createElement(isNumbered ? "ol" : "ul");
      item.before(list);
    }
    const entry = body.ownerDocument.createElement("li");
    const paragraph = body.ownerDocument.createElement("p");
    paragraph.append(...item.childNodes);
    entry.append(paragraph);
    list.append(entry);
    item.remove();
  }
}

/** Gives bold and italic text that is only styled so the tags that say it. */
function withTags(body) {
  for (const span of body.querySelectorAll("span[data-style], b[data-style*='font-weight:normal'], b[data-style*='font-weight: normal']")) {
    if (span.tagName === "B") {
      span.replaceWith(...span.childNodes);
      continue;
    }
    const style = span.dataset.style;
    if (/font-weight:\s*(?:bold|[6-9]00)/.test(style)) wrap(span, "strong");
    if (/font-style:\s*italic/.test(style)) wrap(span, "em");
  }
}

function wrap(element, tag) {
  const made = element.ownerDocument.createElement(tag);
  made.append(...element.childNodes);
  element.append(made);
}

/** Returns pasted HTML without styles, comments and the markup that only word processors know. */
export function cleanHtml(html) {
  // Styles are kept under another name: the site's Content-Security-Policy forbids them, in parsed documents too.
  const unstyled = html.replace(/<style[^]*?<\/style\s*>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
  const { body } = new DOMParser().parseFromString(unstyled, "text/html");
  for (const element of body.querySelectorAll("style, script, meta, link, title, xml, o\\:p")) {
    if (element.tagName === "O:P") element.replaceWith(...element.childNodes);
    else element.remove();
  }
  withLists(body);
  withTags(body);
  for (const list of body.querySelectorAll("ul, ol")) {
    if (![...list.children].some((item) => item.querySelectorAll(":scope > p").length > 1)) list.dataset.tight = "true";
  }
  for (const heading of body.querySelectorAll("h1")) {
    const made = body.ownerDocument.createElement("h2");
    made.append(...heading.childNodes);
    heading.replaceWith(made);
  }
  for (const paragraph of body.querySelectorAll("p")) if (!paragraph.textContent.trim() && !paragraph.querySelector("img")) paragraph.remove();
  return body.innerHTML.replace(/<!--[^]*?-->/g, "").replace(/\u00a0/g, (space, at, text) => (/[?!:;»]/.test(text[at + 1] ?? "") || text[at - 1] === "«" ? space : " "));
}
