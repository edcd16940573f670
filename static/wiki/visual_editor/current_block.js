// Blocks out of sight are not laid out (`content-visibility` in visual_editor.css); that with the cursor always is, also
// before the browser has drawn it for the first time, since letters cannot be typed into what is not laid out.
import { Plugin } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

export const currentBlock = new Plugin({
  props: {
    decorations({ doc, selection }) {
      const { $head } = selection;
      if (!$head.depth) return null;
      return DecorationSet.create(doc, [Decoration.node($head.before(1), $head.after(1), { class: "is-current" })]);
    },
  },
});
