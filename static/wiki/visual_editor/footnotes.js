// Footnotes: making and deleting them, and the ways between a note and the text.
import { isHistoryTransaction } from "prosemirror-history";
import { Plugin, PluginKey, Selection, TextSelection } from "prosemirror-state";
import { notesOf, touchesNotes } from "./note_index.js";
import { schema } from "./schema.js";

const { footnote, paragraph, wiki } = schema.nodes;
const key = new PluginKey("footnotes");

/** Returns what `notesOf` says of the document; the places of notes may be those before changes that touched none. */
export function notesIn(state) {
  return key.getState(state) ?? notesOf(state.doc);
}

/** Returns the depth of the footnote with the cursor, or 0. */
function depthOfNote({ selection: { $from } }) {
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === footnote) return depth;
  return 0;
}

/** Puts a reference after the selection, and its empty note at the end of the text, with the cursor in it. */
export function insertNote(state, dispatch) {
  const { $to, to } = state.selection;
  if (!$to.parent.inlineContent || $to.parent.type.spec.code) return false;
  if (!dispatch) return true;
  const { notes, references } = notesOf(state.doc);
  let number = 1;
  while (notes.has(String(number)) || references.has(String(number))) number += 1;
  const label = String(number);
  const tr = state.tr.insert(to, wiki.create({ source: `[^${label}]` }));
  const { lastChild, childCount, content } = tr.doc;
  const hasEmptyEnd = childCount > 1 && lastChild.type === paragraph && !lastChild.content.size;
  const at = content.size - (hasEmptyEnd ? lastChild.nodeSize : 0);
  tr.insert(at, footnote.create({ label }, paragraph.create()));
  dispatch(tr.setSelection(TextSelection.create(tr.doc, at + 2)).scrollIntoView());
  return true;
}

/** Returns the command that puts the cursor at the end of the note with this label; it does nothing where there is none. */
export function goToNote(label) {
  return (state, dispatch) => {
    const note = notesOf(state.doc).notes.get(label);
    if (!note) return false;
    const end = state.doc.resolve(note.at + note.node.nodeSize - 1);
    dispatch?.(state.tr.setSelection(Selection.near(end, -1)).scrollIntoView());
    return true;
  };
}

/** Returns the command that puts the cursor after the first reference to a note. */
export function goToText(label) {
  return (state, dispatch) => {
    const [at] = notesOf(state.doc).references.get(label) ?? [];
    if (at === undefined) return false;
    dispatch?.(state.tr.setSelection(TextSelection.create(state.doc, at + 1)).scrollIntoView());
    return true;
  };
}

/** Goes from the note with the cursor back to the text. */
export function leaveNote(state, dispatch) {
  const depth = depthOfNote(state);
  return depth > 0 && goToText(state.selection.$from.node(depth).attrs.label)(state, dispatch);
}

/** Deletes the note with the cursor, and what refers to it, if nothing is in it. */
export function deleteEmptyNote(state, dispatch) {
  const depth = depthOfNote(state);
  const { $from, empty } = state.selection;
  const note = $from.node(depth);
  if (!depth || !empty || note.childCount > 1 || note.content.size > 2 || !$from.parent.isTextblock) return false;
  const places = notesOf(state.doc).references.get(note.attrs.label) ?? [];
  const { tr } = state;
  tr.delete($from.before(depth), $from.after(depth));
  for (const at of places.toReversed()) tr.delete(tr.mapping.map(at), tr.mapping.map(at + 1));
  const at = places.length ? tr.mapping.map(places[0]) : tr.mapping.map($from.before(depth));
  dispatch?.(tr.setSelection(Selection.near(tr.doc.resolve(Math.min(at, tr.doc.content.size)), -1)).scrollIntoView());
  return true;
}

/** Returns the labels of the notes to which nothing refers any more. */
function abandoned(before, after) {
  return [...after.notes.keys()].filter((label) => before.notes.has(label) && before.references.has(label) && !after.references.has(label));
}

/**
 * Returns the plugin that counts the notes. With the last reference to a note the note goes too, as in word processors; if
 * the reference comes back (cut out here, pasted there), so does the note. What is undone is left as it was.
 */
export function footnotes(views) {
  const deleted = new Map();
  return new Plugin({
    key,
    state: {
      init: (_, { doc }) => notesOf(doc),
      apply: (transaction, notes) => (transaction.docChanged && touchesNotes(transaction.before, transaction.doc) ? notesOf(transaction.doc) : notes),
    },
    view: () => ({
      update: (view, previous) => {
        if (notesIn(view.state) !== notesIn(previous)) for (const one of views) one.showNumber();
      },
    }),
    appendTransaction(transactions, before, after) {
      if (notesIn(before) === notesIn(after) || transactions.some(isHistoryTransaction)) return null;
      const [olds, news] = [notesIn(before), notesOf(after.doc)];
      const { tr } = after;
      for (const label of abandoned(olds, news)) {
        const { at, node } = news.notes.get(label);
        deleted.set(label, node);
        tr.delete(tr.mapping.map(at), tr.mapping.map(at + node.nodeSize));
      }
      for (const label of news.references.keys()) {
        const isBack = !olds.references.has(label) && !news.notes.has(label) && deleted.has(label);
        if (isBack) tr.insert(tr.doc.content.size, deleted.get(label));
      }
      return tr.docChanged ? tr : null;
    },
  });
}
