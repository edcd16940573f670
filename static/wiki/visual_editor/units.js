// How units of the wiki's markup are shown and edited, and the marks of tasks, call-outs and pictures.
import { Plugin } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { PanelView } from "./panel_view.js";
import { schema } from "./schema.js";

const TASK = /^\[([ xX])\] /;
const CALLOUT = /^\[!(\w+)\]/;

/** Returns the words that stand for a unit, and what it is (for its style and its description). */
export function labelOf(source) {
  const link = /^\[\[([^|\]]*)(?:\|(.*))?\]\](.*)$/s.exec(source);
  if (link) {
    const [, target, label, trail] = link;
    const fact = /^([^:[\]]+)::(.*)$/s.exec(target);
    if (fact) return { kind: "fact", label: label || fact[2], title: `${fact[1]}: ${fact[2]}` };
    return { kind: "link", label: (label || target.replace(/^:/, "")) + trail, title: target };
  }
  if (source.startsWith("{{")) {
    const name = /^\{\{\s*(#?[^|:}\n]+)/.exec(source);
    return { kind: "call", label: `{{${(name?.[1] ?? "").trim()}…}}`, title: source };
  }
  if (source.startsWith("[^")) return { kind: "note", label: source.slice(2, -1), title: source };
  if (source.startsWith("!")) return { kind: "picture", label: source.slice(3, -2).split("|")[0], title: source };
  return { kind: "markup", label: source, title: source };
}

/** Shows a unit, a call as what it answers; it is edited as its source, in a field beside it. */
export class UnitView extends PanelView {
  constructor(node, view, getPos, { texts, answers }) {
    super();
    Object.assign(this, { node, view, getPos, texts, answers });
    this.dom = document.createElement("span");
    this.dom.className = "wiki-unit";
    this.dom.addEventListener("click", () => this.open());
    this.show();
  }

  show() {
    const { source } = this.node.attrs;
    const { kind, label, title } = labelOf(source);
    this.dom.dataset.kind = kind;
    this.showContent(label);
    this.dom.title = title;
    this.dom.classList.remove("has-answer");
    if (kind === "call") this.answers.want(source, (content) => { if (source === this.node.attrs.source) this.showAnswer(content); });
  }

  showAnswer(content) {
    this.showContent(content);
    this.dom.classList.add("has-answer");
  }

  showContent(content) {
    this.dom.replaceChildren(content, ...(this.panel ? [this.panel] : []));
  }

  update(node) {
    if (node.type !== this.node.type || labelOf(node.attrs.source).kind !== this.dom.dataset.kind) return false;
    const isSame = node.attrs.source === this.node.attrs.source;
    this.node = node;
    if (!isSame) this.show();
    return true;
  }

  open() {
    if (this.panel) return;
    this.panel = document.createElement("span");
    this.panel.className = "unit-panel";
    const field = document.createElement("input");
    field.value = this.node.attrs.source;
    field.setAttribute("aria-label", this.texts.source);
    field.size = Math.min(Math.max(field.value.length, 16), 60);
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        this.close(event.key === "Enter" ? field.value : null);
        this.view.focus();
      }
    });
    field.addEventListener("blur", () => this.close(field.value));
    this.panel.append(field);
    this.dom.append(this.panel); // not beside it: ProseMirror takes out what it does not know
    field.focus();
    field.select();
  }

  /** Closes the field; a unit without source is deleted. */
  close(source) {
    const { panel } = this;
    if (!panel) return;
    this.panel = null;
    panel.remove();
    if (source === null || source === this.node.attrs.source) return;
    const at = this.getPos();
    const { tr } = this.view.state;
    const unit = source.trim() ? schema.nodes.wiki.create({ source }, null, this.node.marks) : [];
    this.view.dispatch(tr.replaceWith(at, at + 1, unit));
  }
}

/** Returns the decorations of the blocks of a document between two positions. */
function decorate(doc, from, to) {
  const decorations = [];
  doc.nodesBetween(from, to, (node, at, parent, index) => {
    if (node.type === schema.nodes.blockquote) {
      const type = CALLOUT.exec(node.textContent)?.[1].toLowerCase();
      if (type) decorations.push(Decoration.node(at, at + node.nodeSize, { class: `callout callout-${type}` }));
    } else if (node.type === schema.nodes.paragraph && parent.type === schema.nodes.list_item && index === 0) {
      const mark = TASK.exec(node.textContent);
      if (mark) decorations.push(Decoration.inline(at + 1, at + 4, { class: "task-mark", "data-done": String(mark[1] !== " ") }));
    }
    if (node.type === schema.nodes.paragraph && node.childCount === 1 && node.firstChild.type === schema.nodes.image) {
      decorations.push(Decoration.node(at + 1, at + 2, { class: "is-alone" }));
    }
    return !node.isTextblock;
  });
  return decorations;
}

/** Returns the decorations after a change: only the blocks of the first level that changed are looked at again. */
function redecorate(set, transaction) {
  const { before, doc, mapping } = transaction;
  const start = before.content.findDiffStart(doc.content);
  const mapped = set.map(mapping, doc);
  if (start === null) return mapped;
  const end = Math.max(start, before.content.findDiffEnd(doc.content).b);
  let [from, to, at] = [doc.content.size, 0, 0];
  doc.forEach((node, offset) => {
    at = offset + node.nodeSize;
    if (offset <= end && at >= start) [from, to] = [Math.min(from, offset), at];
  });
  return mapped.remove(mapped.find(from, to)).add(doc, decorate(doc, from, to));
}

/** Marks tasks, which a click ticks, call-outs, and pictures that stand alone, which are shown large. */
export const decorations = new Plugin({
  state: {
    init: (_, { doc }) => DecorationSet.create(doc, decorate(doc, 0, doc.content.size)),
    apply: (transaction, set) => (transaction.docChanged ? redecorate(set, transaction) : set),
  },
  props: {
    decorations(state) {
      return this.getState(state);
    },
    handleClick(view, at, event) {
      const mark = event.target.closest?.(".task-mark");
      if (!mark) return false;
      const start = view.posAtDOM(mark, 0);
      view.dispatch(view.state.tr.insertText(mark.dataset.done === "true" ? " " : "x", start + 1, start + 2));
      return true;
    },
  },
});
