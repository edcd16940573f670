// Nodes as Markdown: for what is new, and for what was changed.
import { Fragment } from "prosemirror-model";
import { MarkdownSerializer, defaultMarkdownSerializer } from "prosemirror-markdown";
import { withSafeBrackets } from "./addresses.js";
import { schema } from "./schema.js";

const STYLES = { tightLists: true };

const serializer = new MarkdownSerializer(
  {
    ...defaultMarkdownSerializer.nodes,
    paragraph(state, node) {
      state.write();
      const start = state.out.length;
      state.renderInline(node);
      state.out = state.out.slice(0, start) + withoutMarker(state.out.slice(start));
      state.closeBlock(node);
    },
    bullet_list(state, node) { state.renderList(node, "  ", () => "- "); },
    horizontal_rule(state, node) {
      state.write(state.delim ? "***" : "---"); // `- ---` would be a line and no item
      state.closeBlock(node);
    },
    heading(state, node) {
      const isOverLines = node.attrs.level < 3 && node.children.some((child) => child.type === schema.nodes.hard_break);
      if (!isOverLines) state.write(`${"#".repeat(node.attrs.level)} `);
      state.renderInline(node, false);
      if (isOverLines) state.text(node.attrs.level === 1 ? "\n===" : "\n---", false);
      state.closeBlock(node);
    },
    footnote(state, node) {
      const isBeside = node.firstChild?.type === schema.nodes.paragraph; // other blocks are measured from the colon
      const space = isBeside ? " ".repeat(Number(node.firstChild.content.size > 0)) : "\n";
      state.wrapBlock("    ", `[^${node.attrs.label}]:${space}`, node, () => state.renderContent(node));
    },
    definition_list(state, node) {
      node.forEach((child, _, index) => {
        const isNext = index > 0 && child.type === schema.nodes.term && node.child(index - 1).type !== child.type;
        if (index) state.flushClose(isNext ? 2 : 1);
        state.render(child, node, index);
      });
      state.closeBlock(node);
    },
    term(state, node) {
      state.renderInline(node);
      state.closeBlock(node);
    },
    definition(state, node) { state.wrapBlock("  ", ": ", node, () => state.renderContent(node)); },
    image(state, node) { state.write(imageText(node, false)); },
    wiki(state, node) { state.text(node.attrs.source, false); },
    source(state, node) { state.text(node.textContent, false); state.closeBlock(node); },
    table(state, node) {
      node.forEach((row, _, index) => {
        state.write(rowText(row));
        state.ensureNewLine();
        if (index === 0) {
          state.write(delimiterText(row));
          state.ensureNewLine();
        }
      });
      state.closeBlock(node);
    },
  },
  {
    ...defaultMarkdownSerializer.marks,
    strike: { open: "~~", close: "~~", mixable: true, expelEnclosingWhitespace: true },
    highlight: { open: "==", close: "==", mixable: true, expelEnclosingWhitespace: true },
  },
);

/** Returns the source of a paragraph that is not read as a definition, or as the text of a footnote. */
function withoutMarker(text) {
  return text.replace(/^[:~](?=[ \t])/, "\\$&").replace(/^(\[\^[^\]\s]+\]):/, "$1\\:");
}

/** Returns an address as people write it, where it is encoded in no other way than the reader of Markdown does it. */
function readableAddress(address) {
  try {
    const readable = decodeURI(address);
    return encodeURI(readable) === address && !/[\s<>\\]/.test(readable) ? readable : address;
  } catch {
    return address;
  }
}

/** Returns the source of a picture. With `isPlain`, only the signs that could end its parts are escaped. */
function imageText({ attrs: { src, alt, title } }, isPlain) {
  const words = isPlain ? (alt ?? "").replace(/[\\[\]]/g, "\\$&") : serializer.serialize(schema.node("paragraph", null, alt ? [schema.text(alt)] : []));
  const address = isPlain ? readableAddress(src) : src;
  const caption = title ? ` "${title.replace(/["\\]/g, "\\$&")}"` : "";
  return `![${words}](${withSafeBrackets(address)}${caption})`;
}

/** Returns the second line of a table, with the alignment of its columns. */
export function delimiterText(row) {
  const signs = { left: ":--", center: ":-:", right: "--:" };
  return `|${row.children.map((cell) => ` ${signs[cell.attrs.align] ?? "---"} `).join("|")}|`;
}

/** Returns the source of a cell, on one line. */
export function cellText(cell) {
  const paragraph = schema.node("paragraph", null, cell.content);
  const text = blockText(paragraph).replace(/\\?\n/g, " ");
  let result = "";
  let position = 0;
  for (const unit of text.matchAll(/\[\[[^[\]]*\]\]|\{\{[^{}]*\}\}/g)) {
    result += text.slice(position, unit.index).replace(/(?<!\\)\|/g, "\\|") + unit[0];
    position = unit.index + unit[0].length;
  }
  return result + text.slice(position).replace(/(?<!\\)\|/g, "\\|");
}

/** Returns the source of a row. */
export function rowText(row) {
  return `| ${row.children.map(cellText).join(" | ")} |`;
}

/** Returns a node with its texts as units, which are written as they are. */
function withoutEscapes(node) {
  if (node.isText) return schema.nodes.wiki.create({ source: node.text }, null, node.marks);
  if (node.type === schema.nodes.image) return schema.nodes.wiki.create({ source: imageText(node, true) }, null, node.marks);
  if (node.isLeaf || node.type.spec.code) return node;
  return node.copy(Fragment.from(node.children.map(withoutEscapes)));
}

/** Returns the source of one block. With `isPlain`, signs in its text are not escaped. */
export function blockText(node, isPlain = false) {
  const doc = schema.node("doc", null, [isPlain ? withoutEscapes(node) : node]);
  return serializer.serialize(doc, STYLES).replace(/\n+$/, "");
}
