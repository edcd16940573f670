// Markdown that is typed becomes what it means.
import { InputRule, inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { TextSelection } from "prosemirror-state";
import { referenceOf } from "./note_index.js";
import { schema } from "./schema.js";

const { nodes, marks } = schema;

/** Returns the rule by which text between two signs gets a mark; the pattern's first group is what stands before. */
function markRule(pattern, mark) {
  return new InputRule(pattern, (state, match, start, end) => {
    if (state.doc.resolve(start).parent.type.spec.code) return null;
    const from = start + match[1].length;
    const text = schema.text(match[2], [...state.doc.resolve(start).marks(), mark.create()]);
    return state.tr.replaceWith(from, end, text).removeStoredMark(mark);
  });
}

const unitRule = new InputRule(/(?:!?\[\[[^[\]]+\]\]|\{\{[^{}]+\}\})$/, (state, match, start, end) => {
  const { $from } = state.selection;
  if ($from.parent.type.spec.code) return null;
  return state.tr.replaceWith(start, end, nodes.wiki.create({ source: match[0] }, null, $from.marks()));
});

/** `[^1]` is a reference; with `: ` after it at the beginning of a paragraph, that is the text of a footnote. */
const referenceRule = new InputRule(/\[\^[^\]\s]+\]$/, (state, match, start, end) => {
  const { $from } = state.selection;
  if ($from.parent.type.spec.code) return null;
  return state.tr.replaceWith(start, end, nodes.wiki.create({ source: match[0] }, null, $from.marks()));
});

const noteRule = new InputRule(/^\ufffc: $/, (state, _, start, end) => {
  const { parent, depth } = state.doc.resolve(start);
  const label = parent.type === nodes.paragraph && depth === 1 ? referenceOf(parent.firstChild) : "";
  if (!label) return null;
  const note = nodes.footnote.create({ label }, nodes.paragraph.create(null, parent.content.cut(end - start)));
  const tr = state.tr.replaceWith(start - 1, start - 1 + parent.nodeSize, note);
  return tr.setSelection(TextSelection.create(tr.doc, start + 1));
});

/** `: ` below a line makes this its term. */
const definitionRule = new InputRule(/^[:~] $/, (state, _, start, end) => {
  const place = state.doc.resolve(start);
  const above = state.doc.resolve(place.before()).nodeBefore;
  const isLine = above?.type === nodes.paragraph && above.content.size && !above.children.some((child) => child.type === nodes.hard_break);
  if (place.parent.type !== nodes.paragraph || !(isLine || above?.type === nodes.definition_list)) return null;
  const definition = nodes.definition.create(null, nodes.paragraph.create(null, place.parent.content.cut(end - start)));
  const entries = isLine ? [nodes.term.create(null, above.content), definition] : [...above.children, definition];
  const list = nodes.definition_list.create(null, entries);
  const from = place.before() - above.nodeSize;
  const tr = state.tr.replaceWith(from, place.after(), list);
  return tr.setSelection(TextSelection.create(tr.doc, from + list.nodeSize - definition.nodeSize + 1));
});

const ruleRule = new InputRule(/^(?:---|\*\*\*)$/, (state, _, start) => {
  const place = state.doc.resolve(start);
  if (place.parent.type !== nodes.paragraph) return null;
  return state.tr.replaceWith(place.before(), place.after(), [nodes.horizontal_rule.create(), nodes.paragraph.create()]);
});

export const typing = inputRules({
  rules: [
    textblockTypeInputRule(/^(#{1,6}) $/, nodes.heading, (match) => ({ level: match[1].length })),
    wrappingInputRule(/^\s*[-+*] $/, nodes.bullet_list, { tight: true }),
    wrappingInputRule(
      /^(\d{1,9})[.)] $/, nodes.ordered_list, (match) => ({ order: Number(match[1]), tight: true }),
      (match, node) => node.childCount + node.attrs.order === Number(match[1]),
    ),
    wrappingInputRule(/^> $/, nodes.blockquote),
    textblockTypeInputRule(/^```$/, nodes.code_block),
    ruleRule,
    unitRule,
    referenceRule,
    noteRule,
    definitionRule,
    markRule(/(^|[^*])\*\*([^*\s](?:[^*]*[^*\s])?)\*\*$/, marks.strong),
    markRule(/(^|[^*])\*([^*\s](?:[^*]*[^*\s])?)\*$/, marks.em),
    markRule(/(^|[^_\p{L}\p{N}])_([^_\s](?:[^_]*[^_\s])?)_$/u, marks.em),
    markRule(/(^|[^`])`([^`]+)`$/, marks.code),
    markRule(/(^|[^~])~~([^~\s](?:[^~]*[^~\s])?)~~$/, marks.strike),
    markRule(/(^|[^=])==([^=\s](?:[^=]*[^=\s])?)==$/, marks.highlight),
  ],
});
