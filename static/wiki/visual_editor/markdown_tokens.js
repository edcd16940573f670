// markdown-it with the wiki's own rules, so that the editor finds the blocks that the page will have. The rules are those
// of wiki/text/markup/block_rules.py and inline_rules.py; tests compare the two over all texts.
import MarkdownIt from "markdown-it";
import { endOfCall } from "./calls.js";
import { noteRules } from "./note_rules.js";

/** `CALL` of wiki/text/markup/parser_functions.py. */
const CALL = /^\{\{\s*(?:[#:]?|\/|(?:\.\.\/)+)[\p{L}\p{N}_]/u;
const HIDDEN_BAR = "\ue002";
const LINK = /(?<![\\[])!?\[\[((?:[^[\]]|\](?!\])){1,2000})\]\]([a-zà-öø-ÿœ]*)/y;
const UNITS = [
  /\[\^[^\]\s]+\]/y,
  /(?<!!)\[\]\((?:[^()\n\\]|\\.)*\)/y, // a link without words, which the page gives those of its target
  /__(?:NOFACTBOX|SHOWFACTBOX)__/y,
  /\$(?=[^\s$])[^$\n]*[^\s$\\]\$(?!\d)|\$[^\s$\\]\$(?!\d)/y,
];
/** `_DESTINATION` and `_TITLE` of wiki/text/markup/inline_rules.py. */
const PICTURE_WITH_BLANKS = /!\[[^[\]\n]*\]\( *((?:[^()\\\n<>"]|\\.|\([^()\n]*\))+?)(?: +"(?:[^"\\\n]|\\.)*")? *\)/y;
const TITLE = /^\S+ +(?:'.*'|\(.*\))\s*$/s;
const MARKS = { "==": "highlight", "~~": "s", "~": "s" };
const ABBREVIATION = /^\*\[[^\]\n]+\] ?:/;
const PARENTS = { alt: ["paragraph", "reference", "blockquote", "list"] };

function lineOf(state, number) {
  return state.src.slice(state.bMarks[number] + state.tShift[number], state.eMarks[number]);
}

function isCode(state, number) {
  return state.sCount[number] - state.blkIndent >= 4;
}

/** Adds a block whose source is kept: the lines from `start` up to `end`. */
function pushSource(state, start, end) {
  const token = state.push("html_block", "", 0);
  token.map = [start, end];
  token.content = state.getLines(start, end, state.blkIndent, false);
  state.line = end;
}

function abbreviation(state, start, end, silent) {
  if (isCode(state, start) || !ABBREVIATION.test(lineOf(state, start))) return false;
  if (!silent) pushSource(state, start, start + 1);
  return true;
}

/** A call over several lines with nothing after it. */
function callBlock(state, start, end, silent) {
  const begin = state.bMarks[start] + state.tShift[start];
  if (isCode(state, start) || !CALL.test(lineOf(state, start))) return false;
  const close = endOfCall(state.src, begin);
  if (close < 0 || close <= state.eMarks[start]) return false;
  let last = start;
  while (last + 1 < end && state.eMarks[last] < close) last += 1;
  if (close > state.eMarks[last] || state.src.slice(close, state.eMarks[last]).trim()) return false;
  if (!silent) pushSource(state, start, last + 1);
  return true;
}

function formulaBlock(state, start, end, silent) {
  const line = (number) => lineOf(state, number).trim();
  const first = lineOf(state, start).trimEnd();
  if (isCode(state, start) || !first.startsWith("$$")) return false;
  let last = start;
  if (first.length < 4 || !first.endsWith("$$")) {
    if (first.includes("$$", 2)) return false;
    do last += 1; while (last < end && line(last) && !line(last).endsWith("$$"));
    if (last >= end || !line(last)) return false;
  }
  if (!silent) pushSource(state, start, last + 1);
  return true;
}

/** Hides the bars of links and calls from the rule of tables. */
function withHiddenBars(line) {
  if (!line.includes("|") || !(line.includes("[[") || line.includes("{{"))) return line;
  let result = "";
  let position = 0;
  const units = /\[\[[^[\]\n]*\]\]|\{\{/g;
  for (let found = units.exec(line); found; found = units.exec(line)) {
    const close = found[0] === "{{" ? endOfCall(line, found.index) : -1;
    const end = close > 0 ? close : found.index + found[0].length;
    result += line.slice(position, found.index) + line.slice(found.index, end).replaceAll("|", HIDDEN_BAR);
    position = units.lastIndex = end;
  }
  return result + line.slice(position);
}

function withTableRule(md) {
  const { fn } = md.block.ruler.__rules__.find((rule) => rule.name === "table");
  md.block.ruler.at("table", (state, start, end, silent) => {
    const text = state.src;
    const first = state.tokens.length;
    state.env.hiddenBars ??= text.split("\n").map(withHiddenBars).join("\n");
    state.src = state.env.hiddenBars;
    try {
      return fn(state, start, end, silent);
    } finally {
      state.src = text;
      for (const token of state.tokens.slice(first)) token.content = token.content.replaceAll(HIDDEN_BAR, "|");
    }
  }, { alt: ["paragraph", "reference"] });
}

/** Returns the index after the unit of the wiki's markup that begins at `position`, or -1. */
function endOfUnit(text, position) {
  if (text.startsWith("{{", position)) return endOfCall(text, position);
  LINK.lastIndex = position;
  const link = LINK.exec(text);
  if (link) return LINK.lastIndex - (link[1].includes("|") || link[0][0] === "!" ? link[2].length : 0);
  PICTURE_WITH_BLANKS.lastIndex = position;
  const target = PICTURE_WITH_BLANKS.exec(text)?.[1].trim() ?? "";
  if (target.includes(" ") && !TITLE.test(target)) return PICTURE_WITH_BLANKS.lastIndex;
  for (const pattern of UNITS) {
    pattern.lastIndex = position;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  return -1;
}

function unit(state, silent) {
  const end = endOfUnit(state.src, state.pos);
  if (end < 0 || end > state.posMax) return false;
  if (!silent) state.push("wiki", "", 0).content = state.src.slice(state.pos, end);
  state.pos = end;
  return true;
}

/** `==marked==`, `~~struck~~` and `~struck~`, as in wiki/text/markup/mark_rule.py: exactly as many signs on each side. */
function markSigns(state, silent) {
  const sign = state.src[state.pos];
  if (silent || (sign !== "=" && sign !== "~")) return false;
  const { length, can_open: open, can_close: close } = state.scanDelims(state.pos, true);
  const marker = sign.repeat(length);
  state.pos += length;
  if (!MARKS[marker]) {
    state.pending += marker;
    return true;
  }
  state.push("text", "", 0).content = marker;
  state.delimiters.push({ marker, length: 0, token: state.tokens.length - 1, end: -1, open, close });
  return true;
}

/** Makes marks of the signs that markdown-it has paired, also within links. */
function markPairs(state) {
  for (const delimiters of [state.delimiters, ...state.tokens_meta.map((meta) => meta?.delimiters ?? [])]) {
    for (const { marker, token, end } of delimiters) {
      if (!MARKS[marker] || end < 0) continue;
      const [first, last] = [state.tokens[token], state.tokens[delimiters[end].token]];
      Object.assign(first, { type: `${MARKS[marker]}_open`, nesting: 1, content: "" });
      Object.assign(last, { type: `${MARKS[marker]}_close`, nesting: -1, content: "" });
    }
  }
}

/** Returns the reader of Markdown that the editor works with. */
export function markdownReader() {
  const md = new MarkdownIt("commonmark", { html: true }).enable(["table"]);
  noteRules(md);
  md.block.ruler.before("reference", "abbreviation", abbreviation, { alt: ["paragraph", "reference", "blockquote"] });
  md.block.ruler.before("table", "call_block", callBlock, PARENTS);
  md.block.ruler.before("table", "formula_block", formulaBlock, { alt: ["paragraph", "reference", "blockquote"] });
  withTableRule(md);
  md.inline.ruler.before("strikethrough", "wiki", unit);
  md.inline.ruler.after("strikethrough", "mark_signs", markSigns);
  md.inline.ruler2.after("strikethrough", "mark_pairs", markPairs);
  md.validateLink = () => true; // the wiki's sanitizer does it
  return md;
}
