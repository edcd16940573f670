// A Markdown text as a document, and the lines that each of its blocks comes from, at every depth.
//
// A block is `{ type, first, last, lines, kids, node }`: `last` is the line after it; `lines` are its lines as its
// container holds them (without the container's `> ` and indentation), each `{ at, text }` with `at` the number of the
// line in the source; `inner` are the lines as its kids see them; `kids` is null for blocks without blocks in them.
import { MarkdownParser, defaultMarkdownParser } from "prosemirror-markdown";
import { markdownReader } from "./markdown_tokens.js";
import { normalize } from "./normalize.js";
import { schema } from "./schema.js";

const CONTAINERS = new Set(["bullet_list", "ordered_list", "list_item", "blockquote", "table", "footnote_reference", "dl", "dd"]);
const NO_BLOCKS = new Set(["inline", "thead_open", "thead_close", "tbody_open", "tbody_close"]);
/** Blocks whose node is named otherwise. */
const NODES = { tr: "table_row", dl: "definition_list", dt: "term", dd: "definition", footnote_reference: "footnote" };
/** Blocks that begin after a marker, with indented lines below it. */
export const AFTER_MARKER = new Set(["list_item", "definition", "footnote"]);
/** What the document has a paragraph in, so that one can write there, where the text has nothing. */
const NEVER_EMPTY = new Set(["doc", "footnote"]);
const NOTE_MARKER = /^([ \t]*(?:\[\^[^ \]]+\]:|[:~]))(.*)$/s;
const MARKER = /^([ \t]*(?:[-*+]|\d{1,9}[.)]))([ \t]*)(.*)$/s;

const reader = markdownReader();
let replay = [];
const parser = new MarkdownParser(schema, { parse: () => replay }, {
  ...defaultMarkdownParser.tokens,
  bullet_list: { block: "bullet_list", getAttrs: (_, tokens, index) => ({ tight: isTight(tokens, index) }) },
  ordered_list: {
    block: "ordered_list",
    getAttrs: (token, tokens, index) => ({ order: Number(token.attrGet("start") ?? 1), tight: isTight(tokens, index) }),
  },
  table: { block: "table" }, thead: { ignore: true }, tbody: { ignore: true }, tr: { block: "table_row" },
  th: { block: "table_header", getAttrs: cellAttributes }, td: { block: "table_cell", getAttrs: cellAttributes },
  footnote_reference: { block: "footnote", getAttrs: (token) => ({ label: token.meta.label }) },
  dl: { block: "definition_list" }, dt: { block: "term" }, dd: { block: "definition" },
  s: { mark: "strike" }, highlight: { mark: "highlight" },
  wiki: { node: "wiki", getAttrs: (token) => ({ source: token.content }) },
  html_inline: { node: "wiki", noCloseToken: true, getAttrs: (token) => ({ source: token.content }) },
  html_block: { block: "source", noCloseToken: true },
  image: { node: "image", getAttrs: pictureAttributes },
});

/** Whether the items of the list that begins at `index` have no blank lines between them. */
function isTight(tokens, index) {
  const { level } = tokens[index];
  for (let place = index + 1; tokens[place].level > level; place += 1) {
    if (tokens[place].type === "paragraph_open" && tokens[place].level === level + 2) return tokens[place].hidden;
  }
  return true;
}

function pictureAttributes(token) {
  const alt = reader.renderer.renderInlineAsText(token.children, {}, {});
  return { src: token.attrGet("src"), alt: alt || null, title: token.attrGet("title") || null };
}

function cellAttributes(token) {
  return { align: /text-align:(\w+)/.exec(token.attrGet("style") ?? "")?.[1] ?? null };
}

function documentOf(tokens) {
  replay = tokens;
  return parser.parse("", {});
}

/** Returns the tokens of a text; of lists of definitions that follow each other, those of one list. */
function tokensOf(text) {
  const result = [];
  for (const token of reader.parse(text, {})) {
    const isSecond = token.type === "dl_open" && result.at(-1)?.type === "dl_close";
    if (isSecond) {
      result.pop();
      result.findLast((one) => one.type === "dl_open" && one.level === token.level).map[1] = token.map[1];
    } else {
      result.push(token);
    }
  }
  return result;
}

/** Returns the block of a token that is in `quotes` quotes: the signs of these make no line more than blank. */
function blockOf(token, lines, quotes) {
  const [first, end] = token.map;
  let last = end;
  const blank = new RegExp(`^(?:[ \\t]*>){0,${quotes}}\\s*$`);
  const isBlank = (number) => blank.test(lines[number]);
  const keepsBlanks = token.type === "fence";
  while (!keepsBlanks && last > first + 1 && (last > lines.length || isBlank(last - 1))) last -= 1;
  const name = token.type.replace(/_open$/, "");
  return { type: NODES[name] ?? name, first, last, lines: [], inner: [], kids: CONTAINERS.has(name) ? [] : null, token, node: null };
}

/** Returns the tree of blocks that the tokens say, without their lines. */
function treeOf(tokens, lines) {
  const root = { type: "doc", first: 0, last: lines.length, lines: [], inner: [], kids: [], node: null };
  const open = [root];
  for (const token of tokens) {
    const parent = open[open.length - 1];
    if (NO_BLOCKS.has(token.type)) continue;
    if (token.nesting < 0) {
      const block = open.pop();
      if (block?.kids?.length) block.last = Math.max(block.last, block.kids.at(-1).last); // code that is not closed keeps its blanks
    } else if (token.map && parent?.kids && token.block) {
      const block = blockOf(token, lines, open.filter((one) => one?.type === "blockquote").length);
      parent.kids.push(block);
      if (token.nesting > 0) open.push(block);
    } else if (token.nesting > 0) {
      open.push(null);
    }
  }
  return root;
}

/** Returns the column after a text that begins in `column`. */
function columnAfter(text, column) {
  return [...text].reduce((at, sign) => at + (sign === "\t" ? 4 - (at % 4) : 1), column);
}

/** Returns a line that begins in `column` without `width` columns of its indentation. */
function withoutIndent(text, width, column) {
  const lead = /^[ \t]*/.exec(text)[0];
  let [at, index] = [column, 0];
  while (index < lead.length && at < column + width) {
    at = columnAfter(lead[index], at);
    index += 1;
  }
  return " ".repeat(Math.max(0, at - column - width)) + text.slice(index);
}

function withoutQuoteSign(text, column) {
  const sign = /^[ \t]*>/.exec(text)?.[0] ?? "";
  const end = columnAfter(sign, column);
  return sign && end - column <= 4 ? withoutIndent(text.slice(sign.length), 1, end) : text;
}

/** Returns the marker of the text of a footnote or of a definition, the width of the indentation below it, and the rest of the line. */
function noteMarkerOf(text, column, type) {
  const [, sign = "", rest = text] = NOTE_MARKER.exec(text) ?? [];
  const start = columnAfter(sign, column);
  if (type === "footnote") return { marker: sign, width: 4, rest: withoutIndent(rest, 0, start) };
  return { marker: `${sign} `, width: start + 1 - column, rest: withoutIndent(rest, 1, start) };
}

/** Returns the marker of a list item whose first line begins in `column`, its width, and the rest of the line. */
function markerOf(text, column) {
  const [, sign = "", blanks = "", rest = text] = MARKER.exec(text) ?? [];
  const start = columnAfter(sign, column);
  const end = columnAfter(blanks, start);
  if (rest && end - start <= 4) return { marker: sign + blanks, width: end - column, rest };
  return { marker: `${sign} `, width: start + 1 - column, rest: withoutIndent(blanks + rest, 1, start) };
}

/** Returns the lines of a container as its kids see them, and the column in which these begin. */
function innerLines(block, column) {
  const { lines } = block;
  if (block.type === "blockquote") {
    const inner = lines.map(({ at, text }) => ({ at, text: withoutQuoteSign(text, column) }));
    return [inner, columnAfter(/^[ \t]*(?:> ?)?/.exec(lines[0].text)[0], column)];
  }
  if (!AFTER_MARKER.has(block.type)) return [lines, column];
  const isItem = block.type === "list_item";
  const { marker, width, rest } = isItem ? markerOf(lines[0].text, column) : noteMarkerOf(lines[0].text, column, block.type);
  Object.assign(block, { marker, width });
  const inner = lines.map(({ at, text }, index) => ({ at, text: index ? withoutIndent(text, width, column) : rest }));
  return [inner, column + width];
}

function fillLines(block, column = 0) {
  const [inner, innerColumn] = block.type === "doc" ? [block.lines, 0] : innerLines(block, column);
  block.inner = inner;
  for (const kid of block.kids) {
    kid.lines = inner.slice(kid.first - block.first, kid.last - block.first);
    if (kid.kids) fillLines(kid, innerColumn);
    else if (kid.token.type === "html_block") kid.token.content = textOf(kid.lines);
  }
}

/** Connects blocks and nodes; false where the document has not the same blocks. */
function connect(block, node) {
  block.node = node;
  if (!block.kids) return true;
  if (NEVER_EMPTY.has(block.type) && !block.kids.length) return !node.textContent;
  return block.kids.length === node.childCount && block.kids.every((kid, index) => connect(kid, node.child(index)));
}

/** Whether a block ends in fenced code that nothing closes but the end of what holds it. */
export function endsInOpenCode(block) {
  if (block.kids?.length) return endsInOpenCode(block.kids.at(-1));
  if (block.type !== "fence") return false;
  const end = /^ {0,3}(\S+)\s*$/.exec(block.lines.at(-1).text)?.[1] ?? "";
  return block.lines.length < 2 || !end.startsWith(block.token.markup) || end !== end[0].repeat(end.length);
}

/** Returns lines as one text. */
export function textOf(lines) {
  return lines.map((line) => line.text).join("\n");
}

/**
 * Reads a text. Returns `{ doc, root, isWhole }`: the document, the tree of blocks, and whether each block of the document
 * knows its lines; if not, the text cannot be edited here without rewriting it.
 */
export function read(text) {
  const lines = text.split("\n");
  const tokens = tokensOf(text);
  const root = treeOf(tokens, lines);
  root.lines = lines.map((line, at) => ({ at, text: line }));
  fillLines(root);
  const doc = normalize(documentOf(tokens));
  return { doc, root, isWhole: connect(root, doc) };
}
