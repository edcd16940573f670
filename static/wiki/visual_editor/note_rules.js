// The block rules of texts of footnotes and of definition lists, as wiki/text/markup/block_rules.py has them.
const FOOTNOTE = /^\[\^([^ \]]+)\]:/;
/** A term that is not the only one of its definition. */
const TERM = /^(?!(?:[-*+]|\d+[.)]|#+)(?:[ \t]|$)|[>|<])\S/;
const DEFINITION = /^[:~][ \t]+[^ \t]/;
const MOST_TERMS = 10;
const ENDS = { alt: ["paragraph", "reference", "blockquote"] };

function lineOf(state, number) {
  return state.src.slice(state.bMarks[number] + state.tShift[number], state.eMarks[number]);
}

function isCode(state, number) {
  return state.sCount[number] - state.blkIndent >= 4;
}

/** Returns where what follows a marker begins, as an index in the source and as a column, both from those after the marker. */
function skipBlanks(state, number, index, column) {
  let [at, width] = [index, column];
  while (at < state.eMarks[number] && /[ \t]/.test(state.src[at])) {
    width += state.src[at] === "\t" ? 4 - (width % 4) : 1;
    at += 1;
  }
  return [at, width];
}

/** Reads blocks of which the first begins within a line: `line` is how that line is to be read, `blkIndent` their indentation. */
function readInside(state, number, endLine, { bMark, tShift, sCount }, { blkIndent, parentType }) {
  const { parentType: parent, blkIndent: indent } = state;
  const kept = [state.bMarks[number], state.tShift[number], state.sCount[number]];
  [state.bMarks[number], state.tShift[number], state.sCount[number]] = [bMark, tShift, sCount];
  Object.assign(state, { parentType, blkIndent });
  state.md.block.tokenize(state, number, endLine);
  [state.bMarks[number], state.tShift[number], state.sCount[number]] = kept;
  Object.assign(state, { parentType: parent, blkIndent: indent });
}

function footnote(state, start, end, silent) {
  const label = isCode(state, start) ? null : FOOTNOTE.exec(lineOf(state, start));
  if (!label || silent) return Boolean(label);
  const opening = state.push("footnote_reference_open", "", 1);
  opening.meta = { label: label[1] };
  const bMark = state.bMarks[start] + state.tShift[start] + label[0].length;
  const initial = state.sCount[start] + label[0].length;
  const [at, column] = skipBlanks(state, start, bMark, initial);
  const blkIndent = state.blkIndent + 4;
  const width = column - initial;
  const sCount = width < blkIndent ? width + blkIndent : width;
  readInside(state, start, end, { bMark, tShift: at - bMark, sCount }, { blkIndent, parentType: "footnote" });
  opening.map = [start, state.line];
  state.push("footnote_reference_close", "", -1);
  return true;
}

/** Returns how many terms begin on a line, one on each, with a definition after the last; 0 if none do. */
function countTerms(state, start, end) {
  let last = start;
  while (last + 1 < end && !DEFINITION.test(lineOf(state, last + 1))) {
    last += 1;
    if (last - start > MOST_TERMS || state.isEmpty(last) || state.sCount[last] !== state.blkIndent) return 0;
  }
  if (last === start || last + 1 >= end || state.sCount[last + 1] < state.blkIndent) return 0;
  for (let number = start; number <= last; number += 1) if (!TERM.test(lineOf(state, number))) return 0;
  return last - start + 1;
}

/** Returns the line of the definition of the one term on a line: the next, or the one after a blank line; -1 if there is none. */
function definitionAfter(state, term, end) {
  let number = term + 1;
  if (number < end && state.isEmpty(number)) number += 1;
  return number < end && isDefinition(state, number) ? number : -1;
}

function isDefinition(state, number) {
  return state.sCount[number] >= state.blkIndent && DEFINITION.test(lineOf(state, number));
}

function pushTerm(state, number) {
  state.push("dt_open", "dt", 1).map = [number, number + 1];
  const words = state.push("inline", "", 0);
  Object.assign(words, { map: [number, number + 1], content: lineOf(state, number).trim(), children: [] });
  state.push("dt_close", "dt", -1);
}

/** Reads one definition; whether there are no blank lines in it. */
function pushDefinition(state, start, end) {
  const opening = state.push("dd_open", "dd", 1);
  const after = state.bMarks[start] + state.tShift[start] + 1;
  const [at, sCount] = skipBlanks(state, start, after, state.sCount[start] + 1);
  const { tight, ddIndent } = state;
  const blkIndent = state.sCount[start] + 2;
  Object.assign(state, { tight: true, ddIndent: blkIndent });
  const bMark = state.bMarks[start];
  readInside(state, start, end, { bMark, tShift: at - bMark, sCount }, { blkIndent, parentType: "deflist" });
  const isTight = state.tight;
  Object.assign(state, { tight, ddIndent });
  opening.map = [start, state.line];
  state.push("dd_close", "dd", -1);
  return isTight;
}

function hideParagraphs(state, from) {
  for (const token of state.tokens.slice(from)) {
    if (/^paragraph_/.test(token.type) && token.level === state.level + 2) token.hidden = true;
  }
}

function definitionList(state, start, end, silent) {
  if (isCode(state, start)) return false;
  if (silent) return (state.ddIndent ?? -1) >= 0 && DEFINITION.test(lineOf(state, start));
  const terms = Math.max(1, definitionAfter(state, start, end) < 0 ? countTerms(state, start, end) : 1);
  let number = definitionAfter(state, start + terms - 1, end);
  if (number < 0) return false;
  const from = state.tokens.length;
  const opening = state.push("dl_open", "dl", 1);
  let [isTight, term, last] = [true, start, start + terms - 1];
  while (number >= 0) {
    for (; term <= last; term += 1) pushTerm(state, term);
    let hasBlankEnd = false;
    while (number >= 0) {
      isTight = pushDefinition(state, number, end) && isTight && !hasBlankEnd;
      hasBlankEnd = state.line - number > 1 && state.isEmpty(state.line - 1);
      number = state.line < end && isDefinition(state, state.line) ? state.line : -1;
    }
    term = last = state.line;
    if (term < end && !state.isEmpty(term) && state.sCount[term] >= state.blkIndent) number = definitionAfter(state, term, end);
  }
  opening.map = [start, state.line];
  state.push("dl_close", "dl", -1);
  if (isTight) hideParagraphs(state, from);
  return true;
}

/** Adds the rules to a reader of Markdown. */
export function noteRules(md) {
  md.block.ruler.before("reference", "footnote_def", footnote, ENDS);
  md.block.ruler.before("paragraph", "deflist", definitionList, ENDS);
}
