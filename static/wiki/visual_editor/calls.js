// Where `{{…}}` ends, as the wiki reads it (`end_of_call` in wiki/text/markup/parser_functions.py).
const BRACES = /\{{2,}|\}{2,}/g;

/** Returns the index after the call that begins at `start`, or -1 if it is not closed. */
export function endOfCall(text, start) {
  const opened = [];
  BRACES.lastIndex = start;
  for (let run = BRACES.exec(text); run; run = BRACES.exec(text)) {
    if (run[0][0] === "{") {
      opened.push([run.index, run[0].length]);
      continue;
    }
    let end = run.index;
    while (opened.length && run.index + run[0].length - end >= 2) {
      const last = opened[opened.length - 1];
      const width = Math.min(3, run.index + run[0].length - end, last[1]);
      end += width;
      last[1] -= width;
      if (last[1] < 2) {
        opened.pop();
        if (last[0] === start) return end;
      }
    }
    if (!opened.length) return -1;
  }
  return -1;
}
