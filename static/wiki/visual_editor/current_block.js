// Blocks out of sight are not laid out (`content-visibility` in visual_editor.css); that with the cursor always is, also
// before the browser has drawn it for the first time, since letters cannot be typed into what is not laid out.
import { Plugin } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

/** Returns the plugin that marks this block; an empty text gets words that say how to begin. */
export function currentBlock(placeholder) {
  return new Plugin({
    props: {
      decorations({ doc, selection }) {
        const { $head } = selection;
        if (!$head.depth) return null;
        const attributes = { class: "is-current" };
        if (doc.childCount === 1 && doc.firstChild.isTextblock && !doc.firstChild.content.size) attributes["data-placeholder"] = placeholder;
        return DecorationSet.create(doc, [Decoration.node($head.before(1), $head.after(1), attributes)]);
      },
    },
  });
}
