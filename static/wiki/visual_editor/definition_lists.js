// Terms and definitions: what the keys do in them.
import { Fragment } from "prosemirror-model";
import { Selection, TextSelection } from "prosemirror-state";
import { schema } from "./schema.js";

const { definition_list, term, definition, paragraph } = schema.nodes;

/** Returns a list with one empty entry. */
export function emptyDefinitions() {
  return definition_list.create(null, [term.create(), definition.create(null, paragraph.create())]);
}

/**
 * Returns `{ child, depth, list, index, start, end }` of the term with the cursor, or of the definition, if the cursor is in a
 * paragraph right in it; null elsewhere, and if something is selected.
 */
function entryOf({ selection: { $from, empty } }) {
  const depth = $from.parent.type === term ? $from.depth : $from.depth - 1;
  const child = depth > 0 ? $from.node(depth) : null;
  const isEntry = child?.type === term || (child?.type === definition && $from.parent.type === paragraph);
  if (!empty || !isEntry || $from.node(depth - 1).type !== definition_list) return null;
  return { child, depth, list: $from.node(depth - 1), index: $from.index(depth - 1), start: $from.before(depth), end: $from.after(depth) };
}

function isBlank(node) {
  return node.type === term ? !node.content.size : node.childCount === 1 && !node.textContent && node.content.size === 2;
}

/** Dispatches a transaction with the cursor near a position; true. */
function finish(dispatch, tr, at, side = 1) {
  dispatch?.(tr.setSelection(Selection.near(tr.doc.resolve(at), side)).scrollIntoView());
  return true;
}

/** Puts an empty term or definition at a position, with the cursor in it. */
function insert(state, dispatch, type, at) {
  const node = type === term ? term.create() : definition.create(null, paragraph.create());
  return finish(dispatch, state.tr.insert(at, node), at + 1);
}

/** Ends the list at an empty term: what is after it is another list. */
function leave(state, dispatch, { list, index, start, end }) {
  const { $from } = state.selection;
  const listStart = $from.before($from.depth - 1);
  const [before, after] = [list.content.cut(0, start - listStart - 1), list.content.cut(end - listStart - 1)];
  const parts = [before, after].map((content) => (content.size ? [list.copy(content)] : []));
  const tr = state.tr.replaceWith(listStart, listStart + list.nodeSize, [...parts[0], paragraph.create(), ...parts[1]]);
  return finish(dispatch, tr, listStart + (index ? before.size + 2 : 0) + 1);
}

/** Enter: from a term to its definition, from a definition to the next term; in an empty last term out of the list. */
export function enterInDefinitions(state, dispatch) {
  const entry = entryOf(state);
  if (!entry) return false;
  const { child, list, index, end } = entry;
  const { $from } = state.selection;
  const next = list.maybeChild(index + 1);
  if (child.type === definition) {
    if (isBlank(child) && index > 0) return become(state, dispatch, entry, term.create());
    const isAtEnd = $from.index(entry.depth) === child.childCount - 1 && $from.parentOffset === $from.parent.content.size && $from.parentOffset > 0;
    return isAtEnd && insert(state, dispatch, term, end);
  }
  if (next?.type === definition && $from.parentOffset === child.content.size) return finish(dispatch, state.tr, end + 1);
  if (isBlank(child)) return leave(state, dispatch, entry);
  if ($from.parentOffset === child.content.size) return insert(state, dispatch, definition, end);
  dispatch?.(state.tr.split($from.pos).scrollIntoView());
  return true;
}

/** Puts another node in place of an entry, with the cursor in it. */
function become(state, dispatch, { start, end }, node) {
  return finish(dispatch, state.tr.replaceWith(start, end, node), start + 1);
}

/** Tab: from a term to its definition, and on to the next term; an empty term becomes one more definition. */
export function tabInDefinitions(state, dispatch) {
  const entry = entryOf(state);
  if (!entry) return false;
  const { child, list, index, end } = entry;
  const next = list.maybeChild(index + 1);
  if (child.type === definition) return Boolean(next) && finish(dispatch, state.tr, end + 1);
  if (next?.type === definition) return finish(dispatch, state.tr, end + 1);
  const isNew = isBlank(child) && index > 0;
  return isNew ? become(state, dispatch, entry, definition.create(null, paragraph.create())) : insert(state, dispatch, definition, end);
}

/** Shift+Tab: to the end of the entry above. */
export function tabBackInDefinitions(state, dispatch) {
  const entry = entryOf(state);
  return Boolean(entry?.index) && finish(dispatch, state.tr, entry.start - 1, -1);
}

/** Takes the first entry out of its list: its term and definitions become what is in them. */
function unwrapFirst(state, dispatch, { list, start }) {
  let [size, count] = [list.firstChild.nodeSize, 1];
  const blocks = [paragraph.create(null, list.firstChild.content)];
  for (; list.maybeChild(count)?.type === definition; count += 1) {
    blocks.push(...list.child(count).children);
    size += list.child(count).nodeSize;
  }
  const rest = list.content.cut(size);
  const content = [...blocks, ...(rest.size ? [list.copy(rest)] : [])];
  const tr = state.tr.replaceWith(start - 1, start - 1 + list.nodeSize, Fragment.from(content));
  dispatch?.(tr.setSelection(TextSelection.create(tr.doc, start)).scrollIntoView());
  return true;
}

/** Backspace at the beginning of an entry: it becomes part of the definition above, or the first entry leaves the list. */
export function backspaceInDefinitions(state, dispatch) {
  const entry = entryOf(state);
  const { $from } = state.selection;
  if (!entry || $from.parentOffset > 0 || $from.index(entry.depth) > 0) return false;
  const { child, list, index, start, end } = entry;
  const above = index ? list.child(index - 1) : null;
  if (!above) return child.type === term && unwrapFirst(state, dispatch, entry);
  if (above.type === definition) {
    const content = child.type === term ? [paragraph.create(null, child.content)] : child.content;
    const tr = state.tr.delete(start, end).insert(start - 1, content);
    return finish(dispatch, tr, start);
  }
  if (child.type === term) return false; // two terms are joined as two paragraphs are
  const tr = isBlank(child) ? state.tr.delete(start, end) : state.tr;
  return finish(dispatch, tr, start - 1, -1);
}
