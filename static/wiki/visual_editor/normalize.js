// What Markdown cannot say and nobody sees is taken out of a document before it is written: empty paragraphs, blanks at the
// ends of a paragraph, blanks at the ends of bold, italic, … words, and the looseness of a list of one paragraph. What needs no change stays the same node.
import { Fragment } from "prosemirror-model";
import { schema } from "./schema.js";

const { paragraph, heading, hard_break, table, table_cell, table_header, footnote, definition_list, term, definition } = schema.nodes;
const BLANK = /^[ \t\n]*$/;
const LISTS = ["bullet_list", "ordered_list"];
const AROUND_WORDS = ["em", "strong", "strike", "highlight"];

function same(olds, news) {
  return olds.length === news.length && olds.every((node, index) => node === news[index]);
}

function withContent(node, children) {
  return same(node.children, children) ? node : node.copy(Fragment.from(children));
}

/** Returns a text with the blanks at its ends without the marks that begin or end there. */
function withoutMarkedBlanks(children) {
  return children.flatMap((child, index) => {
    if (!child.isText || !child.marks.length) return [child];
    const isOutside = (neighbour, mark) => AROUND_WORDS.includes(mark.type.name) && !(neighbour && mark.isInSet(neighbour.marks));
    const [, before, words, after] = /^([ \t\n]*)(.*?)([ \t\n]*)$/s.exec(child.text);
    const pieces = [
      [before, child.marks.filter((mark) => !isOutside(children[index - 1], mark))],
      [words, child.marks],
      [after, child.marks.filter((mark) => !isOutside(children[index + 1], mark))],
    ].filter(([text]) => text);
    return pieces.every(([, marks]) => marks.length === child.marks.length) ? [child] : pieces.map(([text, marks]) => schema.text(text, marks));
  });
}

function withoutEndBlanks(children) {
  let kept = [...children];
  for (const [pattern, at] of [[/^[ \t\n]+/, 0], [/[ \t\n]+$/, -1]]) {
    let end = kept.at(at);
    while (end && (end.type === hard_break || (end.isText && BLANK.test(end.text)))) {
      kept = at ? kept.slice(0, -1) : kept.slice(1);
      end = kept.at(at);
    }
    const text = end?.isText ? end.text.replace(pattern, "") : "";
    if (text && text !== end.text) kept.splice(at ? kept.length - 1 : 0, 1, schema.text(text, end.marks));
  }
  return kept;
}

/** Returns the rows of a table with as many cells as the first, aligned as these. */
function rowsOf({ firstChild, children: rows }) {
  const head = firstChild?.children ?? [];
  return rows.map((row, number) => {
    const cells = head.map(({ attrs: { align } }, index) => {
      const type = number ? table_cell : table_header;
      const cell = row.maybeChild(index);
      if (!cell) return type.create({ align });
      const isAsHead = cell.type === type && cell.attrs.align === align;
      return normalize(isAsHead ? cell : type.create({ ...cell.attrs, align }, cell.content));
    });
    return withContent(row, cells);
  });
}

/** Returns a blank in place of a line break, which a small heading and a term cannot have. */
function onOneLine(child) {
  return child.type === hard_break ? schema.text(" ", child.marks) : child;
}

/** Whether a list of these items has no place for a blank line. */
function cannotBeLoose(items) {
  return items.length === 1 && items[0].childCount < 2;
}

/**
 * Returns the blocks that a list of definitions is in Markdown: definitions without a term before the list and terms without a
 * definition after it are what they hold.
 */
function blocksOfDefinitions(list) {
  const { children } = list;
  const first = children.findIndex((child) => child.type === term);
  const last = children.findLastIndex((child) => child.type === definition);
  if (first === 0 && last === children.length - 1) return [list];
  const isList = first >= 0 && first < last;
  const [start, end] = isList ? [first, last + 1] : [children.length, children.length];
  const plain = (child) => (child.type === term ? [paragraph.create(null, child.content)] : child.children);
  const kept = isList ? [list.copy(Fragment.from(children.slice(start, end)))] : [];
  return [...children.slice(0, start).flatMap(plain), ...kept, ...children.slice(end).flatMap(plain)];
}

/** Returns blocks with lists of definitions that follow each other as one list. */
function withJoinedDefinitions(blocks) {
  if (!blocks.some((block, index) => index && block.type === definition_list && blocks[index - 1].type === definition_list)) return blocks;
  return blocks.reduce((result, block) => {
    const isSecond = block.type === definition_list && result.at(-1)?.type === definition_list;
    return isSecond ? [...result.slice(0, -1), block.copy(result.at(-1).content.append(block.content))] : [...result, block];
  }, []);
}

/** Returns the children of a block as Markdown can say them. */
function childrenOf(node) {
  const isEmpty = ({ type, content }) => !content.size && [paragraph, term, definition].includes(type);
  const children = node.children.map(normalize).filter((child) => !isEmpty(child));
  return withJoinedDefinitions(children.flatMap((child) => (child.type === definition_list ? blocksOfDefinitions(child) : [child])));
}

/** Returns a document, or a block of one, as Markdown can say it. */
export function normalize(node) {
  if (node.isLeaf || node.type.spec.code) return node;
  if (node.isTextblock) {
    const isOneLine = node.type === term || (node.type === heading && node.attrs.level > 2);
    const lines = isOneLine ? node.children.map(onOneLine) : node.children;
    const children = withoutEndBlanks(withoutMarkedBlanks(lines));
    return withContent(node, children);
  }
  if (node.type === table) return withContent(node, rowsOf(node));
  const children = childrenOf(node);
  if (LISTS.includes(node.type.name) && !node.attrs.tight && cannotBeLoose(children)) {
    return node.type.create({ ...node.attrs, tight: true }, children);
  }
  const isNeverEmpty = node.type === schema.nodes.doc || node.type === footnote;
  return withContent(node, children.length || !isNeverEmpty ? children : [node.children.find((child) => !child.content.size) ?? paragraph.create()]);
}
