// Markdown that is typed becomes what it means.
import { InputRule, inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
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
    markRule(/(^|[^*])\*\*([^*\s](?:[^*]*[^*\s])?)\*\*$/, marks.strong),
    markRule(/(^|[^*])\*([^*\s](?:[^*]*[^*\s])?)\*$/, marks.em),
    markRule(/(^|[^_\p{L}\p{N}])_([^_\s](?:[^_]*[^_\s])?)_$/u, marks.em),
    markRule(/(^|[^`])`([^`]+)`$/, marks.code),
    markRule(/(^|[^~])~~([^~\s](?:[^~]*[^~\s])?)~~$/, marks.strike),
    markRule(/(^|[^=])==([^=\s](?:[^=]*[^=\s])?)==$/, marks.highlight),
  ],
});
