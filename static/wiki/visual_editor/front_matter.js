// The front matter as entries, by the lines of wiki/text/frontmatter/frontmatter_entries.py: joining the lines gives the
// block byte for byte, and changing one value changes the lines of that entry.
const BLANKS = "[ \\t\\u00a0\\u202f]";
const KEY = `"[^"\\n]*"|'[^'\\n]*'|(?![#"'\\[\\]{}!&*%@\`>|]|[-?](?:[ \\t]|$))[^\\s:][^:\\n]{0,79}?`;
const PREFIXED = "[\\p{L}\\p{N}_]+:[^\\s:](?:[^:\\n]{0,60}[^\\s:])?";
const ENTRY = new RegExp(`^(?<head>(?:(?<key>${KEY})${BLANKS}*|(?<prefixed>${PREFIXED})):(?=${BLANKS}|$)${BLANKS}*)(?<rest>.*)$`, "u");
const WITHOUT_BLANK = /^(?<head>(?<key>\p{L}[\p{L} '’-]{0,60}):(?!\/\/))(?<rest>[^\s:].*)$/u;
const BLOCK = /^(---[ \t]*\n)([^]*?\n)?(---[ \t]*(?:\n|$))/;
const OPEN_SIGNS = { "[": "]", "{": "}", '"': '"', "'": "'" };
const COMMENT = /(?:^|\s)#\s/;

/** Whether a value goes on below its line, so that its entry is only shown as it is written. */
function isOpen(value) {
  const closing = OPEN_SIGNS[value[0]];
  return (closing !== undefined && (value.length < 2 || !value.endsWith(closing))) || /^[|>][+-]?\d?$/.test(value);
}

/**
 * Returns the front matter of a text: `{ opening, entries, closing, body }`, or null where it has none, or one whose values
 * cannot be told apart by lines. An entry is `{ lines, key, head, value }`; without `key` it is a comment or an odd line.
 */
export function divide(text) {
  const block = BLOCK.exec(text);
  if (!block) return { opening: "", entries: [], closing: "", body: text };
  const [whole, opening, inside = "", closing] = block;
  const entries = [];
  for (const line of inside.split("\n").slice(0, -1)) {
    const last = entries.at(-1);
    const isItem = last?.key && !last.value && /^-(?!-+\s*$)/.test(line);
    if (last?.key && (isItem || !line.trim() || /^[ \t]/.test(line))) {
      last.lines.push(line);
      continue;
    }
    const found = line.startsWith("#") ? null : ENTRY.exec(line) ?? WITHOUT_BLANK.exec(line);
    const { prefixed, key = prefixed, head, rest } = found?.groups ?? {};
    if (key && isOpen(rest.trim())) return null;
    entries.push(key ? { lines: [line], key: key.replace(/^(["'])(.*)\1$/, "$2"), head, value: rest.trim() } : { lines: [line] });
  }
  if (!entries.some((entry) => entry.key)) return { opening: "", entries: [], closing: "", body: text };
  return { opening, entries, closing, body: text.slice(whole.length) };
}

/** Returns a value as it is shown: without the quotes around the whole of it. */
export function shownValue(value) {
  const quoted = /^"([^"\\]*)"$|^'([^']*)'$/.exec(value);
  return quoted ? quoted[1] ?? quoted[2] : value;
}

/** Returns a value as it is written on the line of its key: in quotes where it would be read otherwise. */
export function writtenValue(value) {
  const plain = value.trim().replace(/\s*\n\s*/g, " ");
  const isQuoted = /^(["']).*\1$/.test(plain) || (COMMENT.test(plain) && !/^\[/.test(plain));
  return isQuoted || isOpen(plain) ? `"${plain.replace(/[\\"]/g, "\\$&")}"` : plain;
}

/** Returns the lines of an entry with another value. */
export function withValue(entry, value) {
  const head = /\s$/.test(entry.head) ? entry.head : `${entry.head} `;
  const [, ...further] = entry.lines;
  return { ...entry, value: writtenValue(value), lines: [(head + writtenValue(value)).trimEnd(), ...further] };
}

/** Returns a new entry. */
export function newEntry(key, value) {
  const name = key.trim().replace(/\s+/g, " ").replace(/:+$/, "").trim();
  return { key: name, head: `${name}: `, value: writtenValue(value), lines: [`${name}: ${writtenValue(value)}`.trimEnd()] };
}

/** Returns the front matter as text. */
export function join({ opening, entries, closing }) {
  const lines = entries.flatMap((entry) => entry.lines);
  if (!lines.length && !opening) return "";
  return `${opening || "---\n"}${lines.map((line) => `${line}\n`).join("")}${closing || "---\n"}`;
}
