// The footnotes of a document: what refers to them, and the numbers that the page gives them.
import { schema } from "./schema.js";

const { wiki, footnote } = schema.nodes;
const REFERENCE = /^\[\^([^\]\s]+)\]$/;
const found = new WeakMap();

/** Returns the label of the note to which a node refers, or "". */
export function referenceOf(node) {
  return node.type === wiki ? REFERENCE.exec(node.attrs.source)?.[1] ?? "" : "";
}

/** Returns the notes and references in a block, with their places in it; looked for once, since nodes do not change. */
function entriesOf(block) {
  if (found.has(block)) return found.get(block);
  const entries = [];
  const add = (node, at, isInNote) => {
    if (node.type === footnote) entries.push({ label: node.attrs.label, at, note: node });
    const label = referenceOf(node);
    if (label) entries.push({ label, at, isInNote });
  };
  add(block, 0, false);
  let end = block.type === footnote ? block.nodeSize : 0;
  block.descendants((node, at) => {
    add(node, at + 1, at + 1 < end);
    if (node.type === footnote) end = Math.max(end, at + 1 + node.nodeSize);
  });
  found.set(block, entries);
  return entries;
}

/** Whether a change is in blocks that have notes, or references to notes, before it or after it. */
export function touchesNotes(before, after) {
  const start = before.content.findDiffStart(after.content);
  if (start === null) return false;
  const { a, b } = before.content.findDiffEnd(after.content);
  return [[before, Math.max(start, a)], [after, Math.max(start, b)]].some(([doc, end]) => {
    const [first, last] = [doc.resolve(start).index(0), doc.resolve(Math.min(end, doc.content.size)).index(0)];
    for (let index = Math.max(first - 1, 0); index <= Math.min(last, doc.childCount - 1); index += 1) {
      if (entriesOf(doc.child(index)).length) return true;
    }
    return false;
  });
}

/**
 * Returns `{ notes, references, numbers }` by label: `{ at, node }` of the first note, the places of what refers to it, and its
 * number: notes are counted in the order of the text that refers to them, then of other notes; those that are not used come last.
 */
export function notesOf(doc) {
  const [notes, references, inText, inNotes] = [new Map(), new Map(), [], []];
  doc.forEach((block, offset) => {
    for (const { label, at, note, isInNote } of entriesOf(block)) {
      if (note && !notes.has(label)) notes.set(label, { at: offset + at, node: note });
      if (note) continue;
      references.set(label, [...(references.get(label) ?? []), offset + at]);
      (isInNote ? inNotes : inText).push(label);
    }
  });
  const order = [...new Set([...inText, ...inNotes, ...notes.keys()])].filter((label) => notes.has(label));
  return { notes, references, numbers: new Map(order.map((label, index) => [label, index + 1])) };
}
