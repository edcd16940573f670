// Acts on documents of the visual editor, as `tests/editor/test_source_writer.py` asks for them: reads texts as JSON from
// standard input, and writes for each act and text what went wrong.
import { readFileSync } from "node:fs";
import { EditorState, TextSelection } from "prosemirror-state";
import { Fragment } from "prosemirror-model";
import { closeHistory, history, undo } from "prosemirror-history";
import { footnotes, insertNote } from "../../static/wiki/visual_editor/footnotes.js";
import { join } from "../../static/wiki/visual_editor/front_matter.js";
import { schema } from "../../static/wiki/visual_editor/schema.js";
import { joinedText, openText } from "../../static/wiki/visual_editor/opened_text.js";
import { referenceOf } from "../../static/wiki/visual_editor/note_index.js";
import { isTextOf, write } from "../../static/wiki/visual_editor/source_writer.js";

const NEW = "Un mot nouveau";
const { paragraph, list_item: item, footnote, term, definition } = schema.nodes;

/** Returns position and node of the first node for which `test` holds, and of its parent. */
function find(doc, test) {
  let found = null;
  doc.descendants((node, at, parent, index) => {
    if (!found && test(node, parent)) found = { at, node, parent, index };
    return !found;
  });
  return found;
}

const isList = (node) => /^(?:bullet|ordered)_list$/.test(node.type.name);
const isWord = (node, parent) => node.isText && parent.type !== schema.nodes.source && !parent.type.spec.code && /\p{L}{3}/u.test(node.text);
/** Returns a transaction that puts letters into the first word below a node of one of these types, or null. */
function typeInto(state, ...types) {
  let at = -1;
  state.doc.descendants((node, position, parent) => {
    if (at < 0 && isWord(node, parent)) {
      const place = state.doc.resolve(position);
      const depths = Array.from({ length: place.depth + 1 }, (_, depth) => place.node(depth).type.name);
      if (!types.length || types.some((type) => depths.includes(type))) at = position + node.text.search(/\p{L}{3}/u) + 1;
    }
    return at < 0;
  });
  return at < 0 ? null : state.tr.insertText("xyz", at);
}

/** Returns a transaction that moves a child of the first node for which `test` holds behind the next, or null. */
function move(state, test, index) {
  const { at, node } = test(state.doc) ? { at: -1, node: state.doc } : find(state.doc, test) ?? {};
  if (!node) return null;
  const [upper, lower] = [node.child(index), node.child(index + 1)];
  let start = at + 1;
  for (let before = 0; before < index; before += 1) start += node.child(before).nodeSize;
  return state.tr.replaceWith(start, start + upper.nodeSize + lower.nodeSize, Fragment.from([lower, upper]));
}

/** The acts: each returns a transaction, or null where the text has nothing for it. */
const ACTS = {
  letters: (state) => typeInto(state, "paragraph", "heading"),
  lettersInItem: (state) => typeInto(state, "list_item"),
  lettersInQuote: (state) => typeInto(state, "blockquote"),
  lettersInNote: (state) => typeInto(state, "footnote"),
  lettersInTerm: (state) => typeInto(state, "term"),
  lettersInDefinition: (state) => typeInto(state, "definition"),
  lettersInCell: (state) => typeInto(state, "table_cell", "table_header"),
  noteInsertion: (state) => {
    const place = find(state.doc, isWord);
    if (!place) return null;
    const end = TextSelection.create(state.doc, place.at + place.node.text.search(/\p{L}{3}/u) + 3);
    let made = null;
    insertNote(state.apply(state.tr.setSelection(end)), (transaction) => { made = transaction; });
    return made;
  },
  noteDeletion: (state) => {
    const labels = new Set();
    state.doc.descendants((node) => { if (node.type === footnote) labels.add(node.attrs.label); });
    const reference = find(state.doc, (node) => labels.has(referenceOf(node)));
    return reference && state.tr.delete(reference.at, reference.at + 1);
  },
  entry: (state) => {
    const old = find(state.doc, (node) => node.type === definition);
    const text = schema.text(NEW);
    return old && state.tr.insert(old.at + old.node.nodeSize, [term.create(null, text), definition.create(null, paragraph.create(null, text))]);
  },
  paragraph: (state) => {
    const at = state.doc.childCount > 1 ? state.doc.firstChild.nodeSize : state.doc.content.size;
    return state.tr.insert(at, paragraph.create(null, schema.text(NEW)));
  },
  deletion: (state) => {
    if (state.doc.childCount < 3) return null;
    const start = state.doc.firstChild.nodeSize;
    return state.tr.delete(start, start + state.doc.child(1).nodeSize);
  },
  bold: (state) => {
    const word = find(state.doc, (node, parent) => isWord(node, parent) && !node.marks.length);
    if (!word) return null;
    const start = word.at + word.node.text.search(/\p{L}{3}/u);
    const length = /^\p{L}+/u.exec(word.node.text.slice(start - word.at))[0].length;
    return state.tr.addMark(start, start + length, schema.marks.strong.create());
  },
  item: (state) => {
    const list = find(state.doc, (node) => isList(node));
    return list && state.tr.insert(list.at + 1 + list.node.firstChild.nodeSize, item.create(null, paragraph.create(null, schema.text(NEW))));
  },
  itemEmptied: (state) => {
    const words = find(state.doc, (node, parent) => node.type === paragraph && parent.type === item && parent.childCount === 1);
    return words && state.tr.delete(words.at + 1, words.at + 1 + words.node.content.size);
  },
  itemFilled: (state) => {
    const empty = find(state.doc, (node) => node.type === item && !node.childCount);
    return empty && state.tr.insert(empty.at + 1, paragraph.create(null, schema.text(NEW)));
  },
  itemDeletion: (state) => {
    const list = find(state.doc, (node) => isList(node) && node.childCount > 1);
    return list && state.tr.delete(list.at + 1, list.at + 1 + list.node.firstChild.nodeSize);
  },
  moveItem: (state) => move(state, (node) => isList(node) && node.childCount > 1, 0),
  moveRow: (state) => move(state, (node) => node.type === schema.nodes.table && node.childCount > 2, 1),
  moveBlock: (state) => move(state, (node) => node.type === schema.nodes.doc && node.childCount > 1, 0),
  row: (state) => {
    const table = find(state.doc, (node) => node.type === schema.nodes.table && node.childCount > 1);
    if (!table) return null;
    const row = table.node.child(1);
    const cells = row.children.map((cell, index) => cell.copy(index ? Fragment.empty : Fragment.from(schema.text(NEW))));
    return state.tr.insert(table.at + 1 + table.node.firstChild.nodeSize, row.copy(Fragment.from(cells)));
  },
};

/** Returns how many lines of one text are not in the other, at the same place in order. */
function changedLines(before, after) {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let [start, end] = [0, 0];
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return { removed: a.length - start - end, added: b.length - start - end, text: b.slice(start, b.length - end).join("\n") };
}

/** Returns how many lines of a text are not in the other at all. */
function linesThatAreNew(before, after) {
  const olds = new Set(before.split("\n"));
  return { added: after.split("\n").filter((line) => !olds.has(line)).length };
}

/**
 * Returns how many levels above the block that a transaction touches one has to go until the lines of all other blocks are
 * in the new text as they were; 0 if nothing but the touched block, and the lines around it, changed.
 */
function levelsAbove(transaction, source, written) {
  const { steps: [{ from, to }], before: doc } = transaction;
  const [place, end] = [doc.resolve(from), doc.resolve(to)];
  const olds = source.root.lines.map((line) => line.text);
  const news = written.split("\n");
  const isKept = ([start, stop]) => {
    const after = olds.slice(stop);
    return news.length >= start + after.length && olds.slice(0, start).every((line, index) => line === news[index])
      && after.every((line, index) => line === news[news.length - after.length + index]);
  };
  const ranges = [[0, olds.length]];
  let block = source.root;
  for (let depth = 0; block.kids?.length; depth += 1) {
    const [start, stop] = [place.index(depth), depth < place.sharedDepth(to) ? place.index(depth) + 1 : end.indexAfter(depth)];
    ranges.unshift([block.kids[start - 1]?.last ?? block.first, block.kids[stop]?.first ?? ranges[0][1]]);
    if (depth >= place.sharedDepth(to)) break;
    block = block.kids[start];
  }
  return ranges.findIndex(isKept);
}

/** Whether a text is another one with a reference in it and the empty text of its note at the end. */
function isWithNote(text, before) {
  const label = /\[\^(\d+)\]:$/.exec(text.trimEnd())?.[1];
  return text.replace(`[^${label}]`, "").trimEnd().replace(`[^${label}]:`, "").trimEnd() === before.trimEnd();
}

function fault(name, { parts, source }) {
  const state = EditorState.create({ doc: source.doc, plugins: [history(), footnotes(new Set())] });
  const transaction = ACTS[name](state);
  if (!transaction) return null;
  const { state: changed, transactions } = state.applyTransaction(closeHistory(transaction)); // notes may go with the text
  const written = write(source, changed.doc);
  const head = join(parts);
  const again = openText(joinedText(head, written.text));
  if (!written.isExact) return { fault: "not read as the document", written: written.text };
  if (again.refusal) return { fault: again.refusal, written: written.text };
  let undone = changed;
  undo(changed, (step) => { undone = changed.apply(step); });
  const before = write(source, undone.doc);
  if (before.text !== parts.body) return { fault: "undo", written: before.text };
  const lines = changedLines(parts.body, written.text);
  const isExactly = name === "noteInsertion" ? isWithNote(written.text, parts.body) : written.text.replace("xyz", "") === parts.body;
  if (name.startsWith("note")) return { isExactly, ...linesThatAreNew(parts.body, written.text) };
  return { ...lines, isExactly, levels: transactions.length > 1 ? 0 : levelsAbove(transaction, source, written.text), written: written.text };
}

const results = [];
for (const [id, text] of JSON.parse(readFileSync(0, "utf8"))) {
  const opened = openText(text);
  const { parts, source, refusal } = opened;
  const blocks = [];
  const { lines } = source.root;
  const list = (block, depth) => block.kids?.forEach((kid) => {
    let { last } = kid;
    while (kid.type !== "fence" && last > kid.first + 1 && /^[\s>]*$/.test(lines[last - 1].text)) last -= 1; // as the server counts
    if (!kid.token.hidden) blocks.push([kid.type, kid.first + 1, last, depth]); // not the paragraph of a tight item
    list(kid, depth + 1);
  });
  list(source.root, 0);
  const same = parts && joinedText(join(parts), write(source, source.doc).text) === text && isTextOf(parts.body, source.doc);
  results.push({ id, act: "open", isWhole: source.isWhole, refusal, same, blocks });
  if (!refusal && !text.includes("\r")) { // a field of a form gives no such text
    for (const act of Object.keys(ACTS)) {
      const result = fault(act, opened);
      if (result) results.push({ id, act, ...result });
    }
  }
}
process.stdout.write(JSON.stringify(results));
