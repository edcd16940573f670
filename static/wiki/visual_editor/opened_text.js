// A text as the visual editor opens it, or the reason why it does not.
import { divide } from "./front_matter.js";
import { read } from "./source_tree.js";
import { write } from "./source_writer.js";

const REDIRECT = /^\s*#redirect(?:ion)?\b/i;

/**
 * Returns `{ parts, source, refusal }`: the front matter and what is below it (what `divide` and `read` return), and ""
 * or the name of the message that says why the text can only be edited as source.
 */
export function openText(text) {
  const parts = divide(text);
  const source = read(parts?.body ?? "");
  if (!parts) return { parts, source, refusal: "refusedFacts" };
  if (REDIRECT.test(parts.body)) return { parts, source, refusal: "refusedRedirect" };
  const isSame = source.isWhole && write(source, source.doc).text === parts.body;
  return { parts, source, refusal: isSame ? "" : "refusedSource" };
}

/** Returns a text with this front matter and what is below it. */
export function joinedText(head, body) {
  return head + (head && body && !head.endsWith("\n") ? "\n" : "") + body;
}
