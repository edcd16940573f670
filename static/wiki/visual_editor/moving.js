// Items of lists, rows of tables and other blocks change places with their neighbours.
import { Fragment } from "prosemirror-model";
import { Selection } from "prosemirror-state";
import { schema } from "./schema.js";

const { list_item: item, table_row: row, term } = schema.nodes;

/** Returns the depth of what is moved when the cursor is here: a row, an item, the list of a term, else the block; 0 if there is none. */
function depthOfBlock($from) {
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type === row || $from.node(depth).type === item) return depth;
  }
  return $from.parent.type === term ? $from.depth - 1 : $from.depth;
}

/** Returns the command that moves the block with the cursor behind the next (`step` 1) or before the one above (-1). */
export function moveBlock(step) {
  return (state, dispatch) => {
    const { $from } = state.selection;
    const depth = depthOfBlock($from) || Number(state.selection.node !== undefined);
    if (!depth) return false;
    const parent = $from.node(depth - 1);
    const index = $from.index(depth - 1);
    const other = index + step;
    const first = parent.type === schema.nodes.table ? 1 : 0; // the head stays
    if (index < first || other < first || other >= parent.childCount) return true;
    if (!dispatch) return true;
    const [upper, lower] = [parent.child(Math.min(index, other)), parent.child(Math.max(index, other))];
    const start = $from.posAtIndex(Math.min(index, other), depth - 1);
    const { tr } = state;
    tr.replaceWith(start, start + upper.nodeSize + lower.nodeSize, Fragment.from([lower, upper]));
    const moved = step > 0 ? start + lower.nodeSize : start;
    const at = moved + ($from.pos - $from.posAtIndex(index, depth - 1));
    dispatch(tr.setSelection(Selection.near(tr.doc.resolve(at))).scrollIntoView());
    return true;
  };
}
