// A Markdown text as a document, and the lines that each of its blocks comes from, at every depth.
//
// A block is `{ type, first, last, lines, kids, node }`: `last` is the line after it; `lines` are its lines as its
// container holds them (without the container's `> ` and indentation), each `{ at, text }` with `at` the number of the
// line in the source; `inner` are the lines as its kids see them; `kids` is null for blocks without blocks in them.
import { MarkdownParser, defaultMarkdownParser } from "prosemirror-markdown";
import { markdownReader } from "./markdown_tokens.js";
import { normalize } from "./normalize.js";
import { schema } from "./schema.js";

const CONTAINERS = new Set(["bullet_list", "ordered_list", "list_item", "blockquote", "table"]);
/** Blocks whose source is kept as a whole, with all that is in them. */
const KEPT_AS_SOURCE = new Set(["dl_open", "footnote_reference_open"]);
const NO_BLOCKS = new Set(["inline", "thead_open", "thead_close", "tbody_open", "tbody_close"]);
const MARKER = /^( *)([-*+]|\d{1,9}[.)])( {1,4}(?=\S)| ?(?= )| ?$|\t)/;

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

/** Returns the tokens of a text; definitions and footnotes are one token each, whose content is set by `fillSources`. */
function tokensOf(text, lines) {
  const tokens = reader.parse(text, {});
  const result = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (!KEPT_AS_SOURCE.has(token.type)) {
      result.push(token);
      continue;
    }
    let [depth, first, last] = [0, Infinity, 0];
    for (; ; index += 1) {
      depth += tokens[index].nesting;
      first = Math.min(first, tokens[index].map?.[0] ?? Infinity);
      last = Math.max(last, tokens[index].map?.[1] ?? 0);
      if (depth === 0) break;
    }
    const kept = new token.constructor("html_block", "", 0);
    while (last > first + 1 && !lines[last - 1].trim()) last -= 1;
    Object.assign(kept, { map: [first, last], block: true, level: token.level });
    result.push(kept);
  }
  return result;
}

function blockOf(token, lines) {
  const [first, end] = token.map;
  let last = end;
  const isBlank = (number) => !lines[number].replace(/^[\s>]*/, "");
  const keepsBlanks = token.type === "fence";
  while (!keepsBlanks && last > first + 1 && (last > lines.length || isBlank(last - 1))) last -= 1;
  const type = token.type.replace(/_open$/, "");
  return { type, first, last, lines: [], inner: [], kids: CONTAINERS.has(type) ? [] : null, token, node: null };
}

/** Returns the tree of blocks that the tokens say, without their lines. */
function treeOf(tokens, lines) {
  const root = { type: "doc", first: 0, last: lines.length, lines: [], inner: [], kids: [], node: null };
  const open = [root];
  for (const token of tokens) {
    const parent = open[open.length - 1];
    if (NO_BLOCKS.has(token.type)) continue;
    if (token.nesting < 0) {
      open.pop();
    } else if (token.map && parent?.kids && token.block) {
      const block = blockOf(token, lines);
      if (block.type === "tr") block.type = "table_row";
      parent.kids.push(block);
      if (token.nesting > 0) open.push(block);
    } else if (token.nesting > 0) {
      open.push(null);
    }
  }
  return root;
}

/** Returns the beginning of a line of a list item's first line: indentation, marker, blanks; null if there is none. */
export function markerOf(text) {
  return MARKER.exec(text)?.[0] ?? null;
}

function withoutIndent(text, width) {
  const lead = /^[ \t]*/.exec(text)[0];
  let [column, index] = [0, 0];
  while (index < lead.length && column < width) {
    column += lead[index] === "\t" ? 4 - (column % 4) : 1;
    index += 1;
  }
  return " ".repeat(Math.max(0, column - width)) + text.slice(index);
}

/** Returns the lines of a container as its kids see them. */
function innerLines(block) {
  if (block.type === "blockquote") {
    return block.lines.map(({ at, text }) => ({ at, text: text.replace(/^ {0,3}> ?/, "") }));
  }
  if (block.type !== "list_item") return block.lines;
  block.marker = markerOf(block.lines[0].text) ?? "";
  const width = block.marker.length + (/\S$/.test(block.marker) ? 1 : 0);
  return block.lines.map(({ at, text }, index) => ({
    at, text: index ? withoutIndent(text, width) : text.slice(block.marker.length),
  }));
}

function fillLines(block) {
  block.inner = block.type === "doc" ? block.lines : innerLines(block);
  for (const kid of block.kids) {
    kid.lines = block.inner.slice(kid.first - block.first, kid.last - block.first);
    if (kid.kids) fillLines(kid);
    else if (kid.token.type === "html_block") kid.token.content = textOf(kid.lines);
  }
}

/** Connects blocks and nodes; false where the document has not the same blocks. */
function connect(block, node) {
  block.node = node;
  if (!block.kids) return true;
  if (block.type === "doc" && !block.kids.length) return !node.textContent; // a document is never empty
  return block.kids.length === node.childCount && block.kids.every((kid, index) => connect(kid, node.child(index)));
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
  const tokens = tokensOf(text, lines);
  const root = treeOf(tokens, lines);
  root.lines = lines.map((line, at) => ({ at, text: line }));
  fillLines(root);
  const doc = normalize(documentOf(tokens));
  return { doc, root, isWhole: connect(root, doc) };
}
