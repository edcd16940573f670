// What Markdown cannot say and nobody sees is taken out of a document before it is written: empty paragraphs, blanks at the
// ends of a paragraph, blanks at the ends of bold, italic, … words, and the looseness of a list of one paragraph. What needs no change stays the same node.
import { Fragment } from "prosemirror-model";
import { schema } from "./schema.js";

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
    while (end && (end.type === schema.nodes.hard_break || (end.isText && BLANK.test(end.text)))) {
      kept = at ? kept.slice(0, -1) : kept.slice(1);
      end = kept.at(at);
    }
    const text = end?.isText ? end.text.replace(pattern, "") : "";
    if (text && text !== end.text) kept.splice(at ? kept.length - 1 : 0, 1, schema.text(text, end.marks));
  }
  return kept;
}

/** Returns the rows of a table with as many cells as the first, aligned as these. */
function rowsOf(table) {
  const head = table.firstChild?.children ?? [];
  return table.children.map((row, number) => {
    const cells = head.map(({ attrs: { align } }, index) => {
      const type = number ? schema.nodes.table_cell : schema.nodes.table_header;
      const cell = row.maybeChild(index);
      if (!cell) return type.create({ align });
      const isAsHead = cell.type === type && cell.attrs.align === align;
      return normalize(isAsHead ? cell : type.create({ ...cell.attrs, align }, cell.content));
    });
    return withContent(row, cells);
  });
}

/** Returns a blank in place of a line break, which a small heading cannot have. */
function onOneLine(child) {
  return child.type === schema.nodes.hard_break ? schema.text(" ", child.marks) : child;
}

/** Whether a list of these items has no place for a blank line. */
function cannotBeLoose(items) {
  return items.length === 1 && items[0].childCount < 2;
}

/** Returns a document, or a block of one, as Markdown can say it. */
export function normalize(node) {
  if (node.isLeaf || node.type.spec.code) return node;
  if (node.isTextblock) {
    const isSmallHeading = node.type === schema.nodes.heading && node.attrs.level > 2;
    const lines = isSmallHeading ? node.children.map(onOneLine) : node.children;
    const children = withoutEndBlanks(withoutMarkedBlanks(lines));
    return withContent(node, children);
  }
  if (node.type === schema.nodes.table) return withContent(node, rowsOf(node));
  const isEmpty = (child) => child.type === schema.nodes.paragraph && !child.content.size;
  const children = node.children.map(normalize).filter((child) => !isEmpty(child));
  if (LISTS.includes(node.type.name) && !node.attrs.tight && cannotBeLoose(children)) {
    return node.type.create({ ...node.attrs, tight: true }, children);
  }
  return withContent(node, children.length || node.type !== schema.nodes.doc ? children : [schema.nodes.paragraph.create()]);
}
