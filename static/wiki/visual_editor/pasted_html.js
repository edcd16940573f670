// Pasted HTML of word processors and web pages without what only these know.
import { element } from "./elements.js";
import { withPlainTables, wikiUnit } from "./pasted_tables.js";
import { withJoinedLists, withLists } from "./word_lists.js";

const NO_CONTENT = "style, script, meta, link, title, xml, template, noscript, button, svg, iframe, object, embed, [hidden]";
const BLOCKS = "p, div, ul, ol, table, h1, h2, h3, h4, h5, h6, pre, blockquote, hr, section, article";
const HEADINGS = "h1, h2, h3, h4, h5, h6";
const OWN = "span[data-wiki], pre[data-source], div[data-footnote]";
/** The styles that say what a tag says, with that tag. */
const STYLES = [
  [/(?<![\w-])font-weight:\s*(?:bold|[6-9]00)/, "strong"], [/(?<![\w-])font-style:\s*italic/, "em"], [/text-decoration[^;]*:[^;]*line-through/, "s"],
  [/mso-highlight:|background(?:-color)?:\s*(?:yellow|#ffff00)/, "mark"],
];
const ENCLOSED = /^data:image\/(png|jpeg|gif|webp|avif);base64,/i;
const ELSEWHERE = /^(?:https?:)?\/\//i;
const BEFORE_SIGN = /[?!:;»%€]/;

function unwrap(tag) {
  tag.replaceWith(...tag.childNodes);
}

function wrapInside(parent, tag) {
  parent.append(element(tag, {}, ...parent.childNodes));
}

/** Gives text that is only styled so the tags that say it; and takes away tags that are styled not to be what they say. */
function withTags(body) {
  for (const tag of body.querySelectorAll("b, strong")) if (/(?<![\w-])font-weight:\s*(?:normal|[1-5]00)/.test(tag.dataset.style ?? "")) unwrap(tag);
  for (const span of body.querySelectorAll("span[data-style], font[data-style], a[data-style]")) {
    for (const [pattern, tag] of STYLES) if (pattern.test(span.dataset.style)) wrapInside(span, tag);
  }
  for (const tag of body.querySelectorAll("strike")) tag.replaceWith(element("s", {}, ...tag.childNodes));
  for (const tag of body.querySelectorAll("h1 :is(b, strong), h2 :is(b, strong), h3 :is(b, strong), h4 :is(b, strong)")) unwrap(tag);
  for (const tag of body.querySelectorAll("sub, sup")) {
    const name = tag.tagName.toLowerCase();
    if (tag.querySelector("a, [data-wiki]") || tag.closest("a, [data-wiki]")) unwrap(tag);
    else tag.replaceWith(wikiUnit(`<${name}>`), ...tag.childNodes, wikiUnit(`</${name}>`));
  }
}

/** Turns the paragraphs that word processors name into what they are: titles, quotations. */
function withBlocks(body) {
  for (const title of body.querySelectorAll("p.MsoTitle, p.MsoSubtitle, p.title")) {
    title.replaceWith(element(title.matches(".MsoSubtitle") ? "h3" : "h2", {}, ...title.childNodes));
  }
  for (const heading of body.querySelectorAll("h1")) heading.replaceWith(element("h2", {}, ...heading.childNodes));
  for (const quotation of body.querySelectorAll("p.MsoQuote, p.MsoIntenseQuote")) {
    const quote = element("blockquote");
    quotation.replaceWith(quote);
    quote.append(element("p", {}, ...quotation.childNodes));
  }
  for (const box of body.querySelectorAll("li input[type=checkbox]")) box.replaceWith(box.hasAttribute("checked") ? "[x] " : "[ ] ");
  for (const code of body.querySelectorAll("pre")) {
    const language = /\b(?:language|lang|highlight-source)-([\w+#-]+)/.exec(`${code.className} ${code.querySelector("code")?.className ?? ""}`)?.[1];
    if (language) code.dataset.params = language;
  }
}

/** Turns the footnotes of Word and LibreOffice into those of the wiki. */
function withFootnotes(body) {
  const number = (text) => /\d+/.exec(text)?.[0];
  const names = new Set();
  for (const note of body.querySelectorAll("div[id^=ftn], div[id^=sdfootnote]")) {
    const back = note.querySelector("a[href^='#_ftnref'], a.sdfootnotesym");
    const name = number(note.id);
    if (!back || !name) continue;
    back.remove();
    names.add(name);
    note.dataset.footnote = name;
    const words = body.ownerDocument.createTreeWalker(note, NodeFilter.SHOW_TEXT);
    for (let text = words.nextNode(); text && !text.data.trim(); text = words.nextNode()) text.data = "";
    if (words.currentNode !== note) words.currentNode.data = words.currentNode.data.trimStart();
  }
  for (const line of body.querySelectorAll("[data-style*=footnote-list] > :is(hr, br)")) line.remove();
  for (const link of body.querySelectorAll("a[href^='#_ftn'], a.sdfootnoteanc")) {
    const name = number(link.getAttribute("href") ?? "");
    if (names.has(name) && !link.getAttribute("href").startsWith("#_ftnref")) (link.closest("sup") ?? link).replaceWith(wikiUnit(`[^${name}]`));
  }
}

/** Keeps the addresses of links that lead somewhere, without what Google puts before them. */
function withPlainLinks(body) {
  for (const link of body.querySelectorAll("a[href]")) {
    const href = link.getAttribute("href");
    const target = /^https:\/\/www\.google\.com\/url\?(?:.*&)?q=([^&]+)/.exec(href)?.[1];
    if (target) link.setAttribute("href", decodeURIComponent(target));
    else if (href.startsWith("#") || /^(?:javascript|file|data|blob):/i.test(href)) unwrap(link);
  }
}

/** Takes out the pictures that are in the HTML itself, and those that no other machine can reach. */
function withoutPictures(body, filePage) {
  const result = { enclosed: [], lost: 0, elsewhere: 0 };
  const page = filePage.replace(/NAME.*$/, "");
  for (const picture of body.querySelectorAll("img")) {
    const src = picture.dataset.src ?? "";
    const isSeen = Number(picture.getAttribute("width") ?? 9) > 1; // others only count readers
    const file = picture.closest("a[href]")?.getAttribute("href").split(page)[1];
    if (file && picture.closest("a").href.startsWith(new URL(page, location.href).href)) {
      picture.dataset.src = `File:${decodeURIComponent(file)}`;
      picture.closest("a").replaceWith(picture);
    } else if (ELSEWHERE.test(src)) {
      if (isSeen) result.elsewhere += 1;
      else picture.remove();
    } else if (!/^(?:file|fichier|image):[^/\\]/i.test(src)) {
      if (ENCLOSED.test(src)) result.enclosed.push(src);
      else if (isSeen) result.lost += 1;
      picture.remove();
    }
  }
  return result;
}

/** Makes blanks of the no-break blanks that word processors use as blanks; those of French typography stay. */
function withPlainBlanks(body) {
  const texts = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    text.data = text.data.replace(/\u00a0/g, (blank, at, all) => {
      const [before, after] = [all[at - 1] ?? "", all[at + 1] ?? ""];
      return BEFORE_SIGN.test(after) || before === "«" || (/\d/.test(before) && /[\d\p{L}]/u.test(after)) ? blank : " ";
    });
  }
}

/** Takes out what is empty: paragraphs, and line breaks beside blocks. */
function withoutEmpty(body) {
  for (const line of body.querySelectorAll("br")) {
    const isBeside = [line.previousElementSibling, line.nextElementSibling].some((one) => one?.matches(BLOCKS));
    if (line.className.includes("interchange") || (isBeside && !line.closest("p, li, td, th"))) line.remove();
  }
  for (const block of body.querySelectorAll(`p, ${HEADINGS}`)) {
    if (!block.textContent.trim() && !block.querySelector(`img, ${OWN}`)) block.remove();
  }
  for (const list of body.querySelectorAll("ul, ol")) {
    if (![...list.children].some((item) => item.querySelectorAll(":scope > p").length > 1)) list.dataset.tight = "true";
  }
}

/**
 * Returns `{ html, enclosed, lost, elsewhere }`: pasted HTML without styles, comments and the markup that only word
 * processors know; the pictures that were in it, as addresses that are their content; how many there were that cannot come,
 * and how many that stay on their site. `filePage` is the address of the page of a picture, with NAME.
 */
export function cleanHtml(html, filePage) {
  // Styles are kept under another name: the site's Content-Security-Policy forbids them, in parsed documents too; so are
  // addresses of pictures, which would be asked for.
  const unstyled = html.replace(/<style[^]*?<\/style\s*>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) => (
    tag.replace(/\s(style|src|srcset)\s*=/gi, " data-$1=")
  ));
  const { body } = new DOMParser().parseFromString(unstyled, "text/html");
  for (const tag of body.querySelectorAll(NO_CONTENT)) tag.remove();
  for (const tag of body.querySelectorAll("*")) if (tag.tagName.includes(":")) unwrap(tag); // `<o:p>`, smart tags
  withFootnotes(body);
  const pictures = withoutPictures(body, filePage);
  withLists(body);
  withJoinedLists(body);
  withBlocks(body);
  withTags(body);
  withPlainLinks(body);
  withPlainTables(body);
  withPlainBlanks(body);
  withoutEmpty(body);
  return { html: body.innerHTML.replace(/<!--[^]*?-->/g, "").replace(/(<img\b[^>]*?)\sdata-src=/g, "$1 src="), ...pictures };
}
