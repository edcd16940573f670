// The source of a block that was changed: the change is made in the source that the block had, so that its other signs
// stay as they were written; where that does not read as the changed block, the block is written anew.
import { diff3Merge } from "node-diff3";
import { schema } from "./schema.js";
import { blockText, cellText, rowText } from "./serializer.js";
import { read } from "./source_tree.js";

const HIDDEN = "\u0000";
const CONTEXTS = [40, 20, 10, 5, 2, 1, 0];
const SIGNS = { strong: ["**", "__"], em: ["*", "_"], strike: ["~~", "~"], highlight: ["=="], code: ["`"] };
const MOST_PLACES = 8;
const WORDS = /\s+|[\p{L}\p{N}]+|[^]/gu;

/** Whether a text is read as this block and nothing else; `definitions` are the source's definitions of references. */
export function readsAs(text, node, definitions = "") {
  const { doc } = read(definitions ? `${text}\n\n${definitions}` : text);
  return doc.childCount === 1 && doc.firstChild.eq(node);
}

/** Returns the change of one run of text between two forms of a block: `{ before, after, changes }`, or null if it is another. */
function changeOf(old, node) {
  const start = old.content.findDiffStart(node.content);
  const end = start === null ? null : old.content.findDiffEnd(node.content);
  if (!end) return null;
  const overlap = Math.max(0, start - Math.min(end.a, end.b));
  const [endOld, endNew] = [end.a + overlap, end.b + overlap];
  const [from, to] = [old.resolve(start), old.resolve(endOld)];
  if (!from.sameParent(to) || !node.resolve(start).sameParent(node.resolve(endNew))) return null;
  const removed = old.textBetween(start, endOld, HIDDEN, HIDDEN);
  const added = node.textBetween(start, endNew, HIDDEN, HIDDEN);
  if ((removed + added).includes(HIDDEN) || removed.length !== endOld - start || added.length !== endNew - start) return null;
  const before = from.parent.textBetween(0, from.parentOffset, HIDDEN, HIDDEN);
  const after = from.parent.textBetween(to.parentOffset, from.parent.content.size, HIDDEN, HIDDEN);
  const changes = removed === added ? markChanges(removed, marksOf(old, start, endOld), marksOf(node, start, endNew)) : [{ removed, added }];
  return { before, after, changes };
}

/** Returns the names of the marks that a whole range has. */
function marksOf(node, from, to) {
  const sets = [];
  node.nodesBetween(from, to, (child) => { if (child.isText) sets.push(child.marks.map((mark) => mark.type.name)); });
  return Object.keys(SIGNS).filter((name) => sets.length && sets.every((set) => set.includes(name)));
}

/** Returns what it is in the source to give a text one mark, or to take it away. */
function markChanges(text, olds, news) {
  const added = news.filter((name) => !olds.includes(name));
  const removed = olds.filter((name) => !news.includes(name));
  if (added.length + removed.length !== 1) return [];
  return SIGNS[added[0] ?? removed[0]].map((sign) => {
    const marked = sign + text + sign;
    return added.length ? { removed: text, added: marked } : { removed: marked, added: text };
  });
}

/** Returns a source with the change of one run of text made in it, or null if the change is another. */
function patched(old, node, source, isRight) {
  const { before, after, changes } = changeOf(old, node) ?? { changes: [] };
  const line = source.replaceAll("\n", " "); // as the document has it
  for (const size of changes.length ? CONTEXTS : []) {
    const [left, right] = [size ? before.slice(-size).split(HIDDEN).pop() : "", after.slice(0, size).split(HIDDEN)[0]];
    for (const { removed, added } of changes) {
      for (const at of placesOf(left + removed + right, line)) {
        const from = at + left.length;
        const text = source.slice(0, from) + added + source.slice(from + removed.length);
        if (isRight(text)) return text;
      }
    }
  }
  return null;
}

/** Returns where a key stands in a text; nothing if in too many places to try each. */
function placesOf(key, text) {
  const places = [];
  for (let at = key ? text.indexOf(key) : -1; at >= 0; at = text.indexOf(key, at + 1)) {
    places.push(at);
    if (places.length > MOST_PLACES) return [];
  }
  return places;
}

/** Returns a source with what differs between two written forms of the block changed in it; null where they clash. */
function merged(oldForm, source, newForm) {
  const words = (text) => text.match(WORDS) ?? [];
  const parts = diff3Merge(words(source), words(oldForm), words(newForm));
  return parts.every((part) => part.ok) ? parts.flatMap((part) => part.ok).join("") : null;
}

/** Returns the source of a new block: with as few escapes as read right. */
export function newBlockText(node, definitions) {
  const plain = blockText(node, true);
  return readsAs(plain, node, definitions) ? plain : blockText(node);
}

/** Returns the source of a block that was `old`, written as `source`, and is `node` now. */
export function changedBlockText(old, node, source, definitions) {
  const isRight = (text) => readsAs(text, node, definitions);
  const patch = old.type === node.type ? patched(old, node, source, isRight) : null;
  if (patch !== null) return patch;
  for (const isPlain of [true, false]) {
    const text = merged(blockText(old, isPlain), source, blockText(node, isPlain));
    if (text !== null && isRight(text)) return text;
  }
  return newBlockText(node, definitions);
}

/** Returns a term as a paragraph, which can be read by itself. */
function asParagraph(term) {
  return schema.nodes.paragraph.create(null, term.content);
}

/** Returns the source of a new term. */
export function termText(term) {
  return newBlockText(asParagraph(term));
}

/** Returns the source of a term that was changed. */
export function changedTermText(old, node, source, definitions) {
  return changedBlockText(asParagraph(old), asParagraph(node), source, definitions);
}

/** Returns the cells of a row's source with the bars between them: `["", "|", " a ", "|", …]`. */
function cellsOf(source) {
  return source.match(/(?:\\.|\[\[[^[\]]*\]\]|\{\{[^{}]*\}\}|[^|\\])+|\||\\$/gs) ?? [];
}

/** Returns the source of a cell that was changed. */
function changedCellText(old, cell, source) {
  const [before, after] = [old, cell].map(({ content }) => schema.nodes.paragraph.create(null, content));
  const text = source.includes("|") ? null : patched(before, after, source, (one) => readsAs(one, after));
  return text?.includes("|") === false ? text : merged(cellText(old), source, cellText(cell)) ?? cellText(cell);
}

/** Returns the source of a table row that was changed: only the changed cells are written anew. */
export function changedRowText(old, node, source) {
  if (old.childCount !== node.childCount) return rowText(node);
  const parts = cellsOf(source);
  const places = [];
  parts.forEach((part, index) => {
    const isBar = part === "|";
    const isFirst = index === 0 && (isBar || !part.trim());
    if (!isBar && !isFirst) places.push(index);
    else if (isBar && parts[index + 1] === "|") places.push(index + 0.5);
  });
  if (places.length < node.childCount || places.slice(0, node.childCount).some((place) => !Number.isInteger(place))) {
    return rowText(node);
  }
  node.forEach((cell, _, index) => {
    if (cell.eq(old.child(index))) return;
    const part = parts[places[index]];
    const trimmed = part.trim();
    const text = changedCellText(old.child(index), cell, trimmed);
    const at = part.indexOf(trimmed);
    parts[places[index]] = (part.slice(0, at) || " ") + text + (part.slice(at + trimmed.length) || " ");
  });
  return parts.join("");
}
