// Ways of the keyboard into what is shown in the text, out of the text, and to its tools.
import { NodeSelection, Plugin } from "prosemirror-state";
import { schema } from "./schema.js";

/** Opens what is selected, as a click does. */
function openSelected(view) {
  const { selection } = view.state;
  if (!(selection instanceof NodeSelection) || selection.node.type !== schema.nodes.wiki) return false;
  view.nodeDOM(selection.from).click();
  return true;
}

/**
 * Returns the plugin of these keys: Enter opens the unit that is selected; Alt+F10 goes to the tools, from which Escape
 * comes back; after Escape, Tab leaves the text also where it would indent.
 */
export function keyboard(toolbar) {
  let isLeaving = false;
  return new Plugin({
    view: (view) => {
      const comeBack = (event) => { if (event.key === "Escape") view.focus(); };
      toolbar.addEventListener("keydown", comeBack);
      return { destroy: () => toolbar.removeEventListener("keydown", comeBack) };
    },
    props: {
      handleDOMEvents: {
        keydown: (_, event) => {
          if (event.key === "Tab" && isLeaving) return true; // the browser moves the focus
          if (event.key !== "Shift") isLeaving = event.key === "Escape";
          return false;
        },
        blur: () => {
          isLeaving = false;
          return false;
        },
      },
      handleKeyDown: (view, event) => {
        if (event.key === "Enter") return openSelected(view);
        if (event.key !== "F10" || !event.altKey) return false;
        toolbar.querySelector("[tabindex='0']").focus();
        return true;
      },
    },
  });
}
