// Calls that are blocks: shown as their answers; their source is shown while the cursor is in it.
import { Plugin, TextSelection } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { element } from "./elements.js";
import { schema } from "./schema.js";
import { labelOf } from "./units.js";

const STEPS = { ArrowDown: ["down", 1], ArrowRight: ["right", 1], ArrowUp: ["up", -1], ArrowLeft: ["left", -1] };

/** Shows a block of source, and what it answers if it is a call. */
export class SourceBlockView {
  constructor(node, view, getPos, { texts, answers }) {
    Object.assign(this, { view, getPos, texts, answers, source: "" });
    this.contentDOM = element("pre", { className: "source-block" });
    this.contentDOM.dataset.source = "";
    this.answer = element("div", { className: "call-answer", contentEditable: "false" });
    this.answer.addEventListener("mousedown", (event) => event.preventDefault());
    this.answer.addEventListener("click", () => this.open());
    this.dom = element("div", { className: "call-block" }, this.contentDOM, this.answer);
    this.show(node);
  }

  show(node) {
    const source = node.textContent;
    if (source === this.source) return;
    this.source = source;
    this.setAnswer(null);
    if (!source.startsWith("{{")) return;
    this.answers.want(source, (content) => { if (source === this.source) this.setAnswer(content); });
  }

  setAnswer(content) {
    this.dom.classList.toggle("has-answer", Boolean(content));
    if (!content) {
      this.answer.replaceChildren();
      return;
    }
    const button = element("button", { type: "button", className: "button-quiet", textContent: labelOf(this.source).label, title: this.texts.source });
    this.answer.replaceChildren(button, content);
  }

  /** Shows the source with the cursor in it. */
  open() {
    const { state } = this.view;
    this.view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, this.getPos() + 1)));
    this.view.focus();
  }

  update(node, decorations) {
    if (node.type !== schema.nodes.source) return false;
    if (!decorations.some(({ spec }) => spec.isEdited)) this.show(node);
    return true;
  }

  stopEvent(event) {
    return this.answer.contains(event.target);
  }

  ignoreMutation(mutation) {
    return mutation.type !== "selection" && !this.contentDOM.contains(mutation.target);
  }
}

/** Returns the position in the block of source beside the cursor, where an arrow key leads; null elsewhere. */
function positionBeside({ doc, selection: { $head } }, step) {
  if (!$head.depth) return null;
  const edge = doc.resolve(step > 0 ? $head.after() : $head.before());
  const beside = step > 0 ? edge.nodeAfter : edge.nodeBefore;
  return beside?.type === schema.nodes.source ? edge.pos + step : null;
}

/** Marks the block of source with the cursor, and leads the arrow keys into blocks whose source is hidden. */
export const callBlocks = new Plugin({
  props: {
    decorations({ doc, selection: { $from } }) {
      if ($from.parent.type !== schema.nodes.source) return null;
      return DecorationSet.create(doc, [Decoration.node($from.before(), $from.after(), { class: "is-edited" }, { isEdited: true })]);
    },
    handleKeyDown(view, event) {
      const [direction, step] = STEPS[event.key] ?? [];
      const { state } = view;
      if (!direction || event.shiftKey || !state.selection.empty || !view.endOfTextblock(direction)) return false;
      const at = positionBeside(state, step);
      if (at === null) return false;
      view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, at)).scrollIntoView());
      return true;
    },
  },
});
