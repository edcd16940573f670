// What the toolbar does in the source: signs around the chosen words, or before their lines. The same again takes them away.
import { EditorSelection } from "@codemirror/state";
import { syntaxTree } from "@codemirror/language";

/** Writes the two sides of `pattern` (`**…**`) around what is chosen. */
export function wrap(view, pattern) {
  const [before, after] = pattern.split("…");
  const { state } = view;
  view.dispatch(state.changeByRange(({ from, to }) => {
    const isWrapped = state.sliceDoc(from - before.length, from) === before && state.sliceDoc(to, to + after.length) === after;
    if (isWrapped && !(before === "*" && state.sliceDoc(from - 2, from) === "**")) {
      return {
        changes: [{ from: from - before.length, to: from }, { from: to, to: to + after.length }],
        range: EditorSelection.range(from - before.length, to - before.length),
      };
    }
    return {
      changes: [{ from, insert: before }, { from: to, insert: after }],
      range: EditorSelection.range(from + before.length, to + before.length),
    };
  }), { scrollIntoView: true, userEvent: "input" });
}

/** Writes `mark` at the start of the lines that are chosen. */
export function markLines(view, mark) {
  const { doc, selection: { main } } = view.state;
  const lines = [];
  for (let at = main.from; at <= main.to;) {
    const line = doc.lineAt(at);
    lines.push(line);
    at = line.to + 1;
  }
  const isMarked = lines.every((line) => line.text.startsWith(mark));
  view.dispatch({
    changes: lines.map(({ from }) => (isMarked ? { from, to: from + mark.length } : { from, insert: mark })),
    scrollIntoView: true, userEvent: "input",
  });
}

const ITEM = /^((?:[ \t]*>)*[ \t]*)(?:([-*+])|(\d{1,9})([.)]))([ \t]+)(\[[ xX]\][ \t]+)?/;
const QUOTE = /^((?:[ \t]*>)+[ \t]?)/;

/** Returns what the next line of a list or quotation begins with, and the length of that of this line; null elsewhere. */
function continuation(text) {
  const item = ITEM.exec(text);
  if (item) {
    const [whole, indent, bullet, number, sign, blank, task] = item;
    return { length: whole.length, next: `${indent}${bullet ?? Number(number) + 1 + sign}${blank}${task ? "[ ] " : ""}` };
  }
  const quote = QUOTE.exec(text);
  return quote && { length: quote[0].length, next: quote[0] };
}

function isInCode(state, at) {
  for (let node = syntaxTree(state).resolveInner(at, -1); node; node = node.parent) {
    if (/Code|FrontMatter|Call/.test(node.name)) return true;
  }
  return false;
}

/** Goes on with a list or a quotation in the next line; an item without words ends it. The command of Enter. */
export function continueList(view) {
  const { state } = view;
  const { main } = state.selection;
  const line = state.doc.lineAt(main.head);
  const found = continuation(line.text);
  if (!found || !main.empty || main.head < line.from + found.length || isInCode(state, main.head)) return false;
  const isEmpty = !line.text.slice(found.length).trim();
  const from = isEmpty ? line.from : main.head;
  const insert = isEmpty ? "\n" : `\n${found.next}`; // a blank line, else the next one would belong to the item above
  view.dispatch({
    changes: { from, to: isEmpty ? line.to : from, insert }, selection: { anchor: from + insert.length }, scrollIntoView: true, userEvent: "input",
  });
  return true;
}
