// What the buttons and keys of the visual editor do.
import { chainCommands, exitCode, lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import { Fragment } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { Selection, TextSelection } from "prosemirror-state";
import { addColumnAfter, addRowAfter, deleteColumn, deleteRow, deleteTable, goToNextCell } from "prosemirror-tables";
import { backspaceInDefinitions, emptyDefinitions, enterInDefinitions, tabBackInDefinitions, tabInDefinitions } from "./definition_lists.js";
import { deleteEmptyNote, insertNote, leaveNote } from "./footnotes.js";
import { moveBlock } from "./moving.js";
import { schema } from "./schema.js";

const { nodes, marks } = schema;
const ROWS = 3;
const COLUMNS = 2;

function isIn(state, type) {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return depth;
  return 0;
}

/** Returns a command that makes the selected lines a list, or takes them out of it. */
function list(type) {
  return (state, dispatch) => {
    const { $from } = state.selection;
    const depth = isIn(state, nodes.list_item);
    if (!depth) return wrapInList(type, type === nodes.bullet_list ? { tight: true } : { order: 1, tight: true })(state, dispatch);
    const parent = $from.node(depth - 1);
    if (parent.type === type) return liftListItem(nodes.list_item)(state, dispatch);
    if (dispatch) dispatch(state.tr.setNodeMarkup($from.before(depth - 1), type, { tight: parent.attrs.tight }));
    return true;
  };
}

function heading(level) {
  return (state, dispatch) => {
    const { parent } = state.selection.$from;
    const isOne = parent.type === nodes.heading && parent.attrs.level === level;
    return (isOne ? setBlockType(nodes.paragraph) : setBlockType(nodes.heading, { level }))(state, dispatch);
  };
}

/** Puts `[ ] ` before the text of a list item, which is made where there is none. */
function task(state, dispatch, view) {
  if (!isIn(state, nodes.list_item)) {
    if (!list(nodes.bullet_list)(state, dispatch, view)) return false;
    return dispatch ? task(view.state, dispatch, view) : true;
  }
  const start = state.selection.$from.start();
  const mark = /^\[[ xX]\] /.exec(state.selection.$from.parent.textContent);
  if (dispatch) dispatch(mark ? state.tr.delete(start, start + mark[0].length) : state.tr.insertText("[ ] ", start));
  return true;
}

/** Puts blocks in place of an empty paragraph, or after the block that is selected. */
function insertBlocks(...blocks) {
  return (state, dispatch) => {
    const { $from } = state.selection;
    const isEmpty = $from.parent.type === nodes.paragraph && !$from.parent.content.size;
    const position = isEmpty ? $from.before() : $from.after($from.parent.type === nodes.term ? $from.depth - 1 : $from.depth);
    const transaction = isEmpty
      ? state.tr.replaceWith(position, $from.after(), Fragment.from(blocks))
      : state.tr.insert(position, Fragment.from(blocks));
    const selection = Selection.findFrom(transaction.doc.resolve(position + 1), 1, true);
    if (dispatch) dispatch((selection ? transaction.setSelection(selection) : transaction).scrollIntoView());
    return true;
  };
}

/** Begins the next step of a practice: a heading with its number, whose title is written then. */
function step(state, dispatch) {
  let number = 1;
  state.doc.descendants((node) => {
    if (node.type === nodes.heading && /^\d+\. /.test(node.textContent)) number = parseInt(node.textContent, 10) + 1;
  });
  const text = `${number}. `;
  const make = insertBlocks(nodes.heading.create({ level: 3 }, state.schema.text(text)), nodes.paragraph.create());
  return make(state, dispatch && ((transaction) => {
    const { $from } = transaction.selection;
    dispatch(transaction.setSelection(TextSelection.create(transaction.doc, $from.end())));
  }));
}

function table(state, dispatch) {
  const row = (type) => nodes.table_row.create(null, Array.from({ length: COLUMNS }, () => type.create()));
  const rows = [row(nodes.table_header), ...Array.from({ length: ROWS - 1 }, () => row(nodes.table_cell))];
  return insertBlocks(nodes.table.create(null, rows))(state, dispatch);
}

function callout(state, dispatch) {
  const head = nodes.paragraph.create(null, schema.text("[!NOTE]"));
  return insertBlocks(nodes.blockquote.create(null, [head, nodes.paragraph.create()]))(state, (transaction) => {
    const { $from } = transaction.selection;
    const inside = TextSelection.near(transaction.doc.resolve($from.after()));
    dispatch?.(transaction.setSelection(inside));
  });
}

/** Puts a unit of the wiki's markup in place of the selection, and selects it. */
export function insertUnit(source) {
  return (state, dispatch) => {
    if (state.selection.$from.parent.type.spec.code) return false;
    if (dispatch) dispatch(state.tr.replaceSelectionWith(nodes.wiki.create({ source }), false).scrollIntoView());
    return true;
  };
}

export const COMMANDS = {
  strong: toggleMark(marks.strong),
  em: toggleMark(marks.em),
  code: toggleMark(marks.code),
  strike: toggleMark(marks.strike),
  highlight: toggleMark(marks.highlight),
  paragraph: chainCommands(setBlockType(nodes.paragraph), lift),
  heading: heading(2),
  subheading: heading(3),
  bullet_list: list(nodes.bullet_list),
  ordered_list: list(nodes.ordered_list),
  task,
  blockquote: (state, dispatch) => (isIn(state, nodes.blockquote) ? lift : wrapIn(nodes.blockquote))(state, dispatch),
  callout,
  code_block: setBlockType(nodes.code_block),
  table,
  footnote: insertNote,
  definition_list: (state, dispatch) => insertBlocks(emptyDefinitions())(state, dispatch),
  step,
  rule: (state, dispatch) => insertBlocks(nodes.horizontal_rule.create(), nodes.paragraph.create())(state, dispatch),
  move_up: moveBlock(-1),
  move_down: moveBlock(1),
  row_after: addRowAfter,
  row_delete: deleteRow,
  column_after: addColumnAfter,
  column_delete: deleteColumn,
  table_delete: deleteTable,
  undo,
  redo,
};

function hardBreak(state, dispatch) {
  if (/^table_|^term$/.test(state.selection.$from.parent.type.name)) return false;
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
}

/** Moves the cursor, or the end of the selection, to an end of the text: into blocks out of sight, the browser does not. */
function goTo(end, isExtending) {
  return (state, dispatch) => {
    const { $head } = end === "start" ? Selection.atStart(state.doc) : Selection.atEnd(state.doc);
    const selection = isExtending ? TextSelection.between(state.selection.$anchor, $head) : Selection.near($head, end === "start" ? 1 : -1);
    dispatch?.(state.tr.setSelection(selection).scrollIntoView());
    return true;
  };
}

/** The keys, besides those that every editor has. */
export const KEYS = {
  "Mod-b": COMMANDS.strong,
  "Mod-i": COMMANDS.em,
  "Mod-`": COMMANDS.code,
  "Mod-z": undo,
  "Mod-y": redo,
  "Shift-Mod-z": redo,
  "Mod-Alt-0": COMMANDS.paragraph,
  "Mod-Alt-2": COMMANDS.heading,
  "Mod-Alt-3": COMMANDS.subheading,
  "Shift-Mod-7": COMMANDS.ordered_list,
  "Shift-Mod-8": COMMANDS.bullet_list,
  "Shift-Mod-9": COMMANDS.blockquote,
  "Alt-ArrowUp": COMMANDS.move_up,
  "Alt-ArrowDown": COMMANDS.move_down,
  "Mod-Home": goTo("start", false),
  "Mod-End": goTo("end", false),
  "Shift-Mod-Home": goTo("start", true),
  "Shift-Mod-End": goTo("end", true),
  Enter: chainCommands(enterInDefinitions, splitListItem(nodes.list_item)),
  Backspace: chainCommands(deleteEmptyNote, backspaceInDefinitions),
  "Mod-Enter": chainCommands(exitCode, leaveNote),
  "Shift-Enter": chainCommands(exitCode, hardBreak),
  Tab: chainCommands(goToNextCell(1), tabInDefinitions, sinkListItem(nodes.list_item)),
  "Shift-Tab": chainCommands(goToNextCell(-1), tabBackInDefinitions, liftListItem(nodes.list_item)),
};

/** Whether the selection has what a button makes, for `aria-pressed`. */
export function isActive(state, name) {
  const { $from, from, to, empty } = state.selection;
  if (marks[name]) {
    return empty ? Boolean(marks[name].isInSet(state.storedMarks ?? $from.marks())) : state.doc.rangeHasMark(from, to, marks[name]);
  }
  if (name === "heading" || name === "subheading") {
    return $from.parent.type === nodes.heading && $from.parent.attrs.level === (name === "heading" ? 2 : 3);
  }
  return nodes[name] ? $from.parent.type === nodes[name] || isIn(state, nodes[name]) > 0 : false;
}

/** Whether the selection is in a table. */
export function isInTable(state) {
  return isIn(state, nodes.table) > 0;
}
