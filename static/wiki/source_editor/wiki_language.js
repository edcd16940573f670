// Markdown with the wiki's own markup, for the styles of the source: front matter, `[[links]]`, `[[Property::facts]]`, `{{calls}}`.
import { Language, defineLanguageFacet, syntaxHighlighting } from "@codemirror/language";
import { Tag, styleTags, tagHighlighter, tags } from "@lezer/highlight";
import { GFM, parser } from "@lezer/markdown";
import { endOfCall } from "../visual_editor/calls.js";

const LINK = /^!?\[\[((?:[^[\]]|\](?!\])){1,2000})\]\]/;
const FENCE = /^---[ \t]*$/;
/** Longest call that is looked for: an unclosed one must not make the reader slow. */
const CALL_LENGTH = 4000;
const [link, fact, call, front, marked] = Array.from({ length: 5 }, () => Tag.define());

/** A line that may stand in front matter: blank, indented, an item, a comment, or with a name and a colon. */
const IN_FRONT_MATTER = /^(?:\s*$|[ \t]|-(?!--)|#|[^:]+:)/;

/** Reads front matter, as far as its lines look like it: a line `---` that nothing closes styles no text below. */
function frontMatter(context, line) {
  if (context.lineStart !== 0 || !FENCE.test(line.text)) return false;
  while (context.nextLine() && IN_FRONT_MATTER.test(line.text));
  if (FENCE.test(line.text)) context.nextLine();
  context.addElement(context.elt("FrontMatter", 0, context.prevLineEnd()));
  return true;
}

/** Reads a call that begins a line, over several lines; as far as a blank one if it is not closed. */
function callBlock(context, line) {
  if (!line.text.startsWith("{{", line.pos) || endOfCall(line.text, line.pos) >= 0) return false;
  const start = context.lineStart + line.pos;
  let text = line.text.slice(line.pos);
  let isOpen = context.nextLine();
  while (isOpen && line.text.trim() && text.length < CALL_LENGTH) {
    text += `\n${line.text}`;
    isOpen = context.nextLine() && !(text.endsWith("}}") && endOfCall(text, 0) >= 0);
  }
  context.addElement(context.elt("Call", start, context.prevLineEnd()));
  return true;
}

/** Reads `[[…]]` within a line. */
function wikiLink(context, next, at) {
  if (next !== 91 && next !== 33) return -1;
  const found = LINK.exec(context.slice(at, Math.min(context.end, at + 2100)));
  if (!found) return -1;
  const name = /^[^:|]+::/.test(found[1]) ? "Fact" : "WikiLink";
  return context.addElement(context.elt(name, at, at + found[0].length));
}

/** Reads `{{…}}` within a paragraph. */
function inlineCall(context, next, at) {
  if (next !== 123 || context.char(at + 1) !== 123 || context.slice(at - 1, at) === "{") return -1;
  const end = endOfCall(context.slice(at, Math.min(context.end, at + CALL_LENGTH)), 0);
  return end < 0 ? -1 : context.addElement(context.elt("Call", at, at + end));
}

const HIGHLIGHT = { resolve: "Highlight", mark: "HighlightMark" };

/** Reads `==marked==`. */
function highlight(context, next, at) {
  if (next !== 61 || context.char(at + 1) !== 61 || context.char(at + 2) === 61) return -1;
  const before = context.slice(at - 1, at);
  const after = context.slice(at + 2, at + 3);
  return context.addDelimiter(HIGHLIGHT, at, at + 2, !/^\s?$/.test(after), !/^\s?$/.test(before));
}

const wikiMarkup = {
  defineNodes: [{ name: "FrontMatter", block: true }, { name: "Call", block: true }, "WikiLink", "Fact", "Highlight", "HighlightMark"],
  parseBlock: [
    { name: "FrontMatter", parse: frontMatter, before: "HorizontalRule" },
    { name: "CallBlock", parse: callBlock, before: "LinkReference" },
  ],
  parseInline: [
    { name: "WikiLink", parse: wikiLink, before: "Link" },
    { name: "InlineCall", parse: inlineCall, before: "Link" },
    { name: "Highlight", parse: highlight, after: "Emphasis" },
  ],
  props: [styleTags({
    FrontMatter: front, WikiLink: link, Fact: fact, Call: call, "Highlight/...": marked, HighlightMark: tags.processingInstruction,
  })],
};

const highlighter = tagHighlighter([
  ...[1, 2, 3, 4, 5, 6].map((level) => ({ tag: tags[`heading${level}`], class: `md-heading md-heading-${level}` })),
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.strikethrough, class: "md-strike" },
  { tag: marked, class: "md-marked" },
  { tag: [tags.link, tags.url], class: "md-address" },
  { tag: tags.monospace, class: "md-code" },
  { tag: tags.quote, class: "md-quote" },
  { tag: [tags.processingInstruction, tags.contentSeparator], class: "md-sign" },
  { tag: [link], class: "md-link" },
  { tag: [fact], class: "md-fact" },
  { tag: [call], class: "md-call" },
  { tag: [front], class: "md-front" },
]);

/** The reader of the wiki's Markdown. */
export const wikiParser = parser.configure([GFM, wikiMarkup]);

/** Returns the extensions that read the text as the wiki's Markdown, and style it by classes. */
export function wikiLanguage() {
  const language = new Language(defineLanguageFacet(), wikiParser, [], "markdown");
  return [language, syntaxHighlighting(highlighter)];
}
