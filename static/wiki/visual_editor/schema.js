// The document of the visual editor: CommonMark's nodes and marks, tables, and what is kept as source.
import { Schema } from "prosemirror-model";
import { schema as commonmark } from "prosemirror-markdown";
import { tableNodes } from "prosemirror-tables";

const alignment = {
  align: {
    default: null,
    getFromDOM: (cell) => cell.getAttribute("align"),
    setDOMAttr: (value, attributes) => { if (value) attributes.align = value; },
  },
};
const tables = tableNodes({ tableGroup: "block", cellContent: "inline*", cellAttributes: alignment });

/** What is shown and edited as it is written: raw HTML, definitions of references, calls over several lines. */
const source = {
  group: "block", content: "text*", code: true, marks: "", defining: true,
  parseDOM: [{ tag: "pre[data-source]", preserveWhitespace: "full", priority: 60 }], // before that of code
  toDOM: () => ["pre", { "data-source": "", class: "source-block" }, 0],
};

/** `[[…]]`, `{{…}}`, `[^…]`, inline HTML, formulas: one unit, written as `source`. */
const wiki = {
  group: "inline", inline: true, atom: true, attrs: { source: {} },
  parseDOM: [{ tag: "span[data-wiki]", getAttrs: (element) => ({ source: element.dataset.wiki }) }],
  toDOM: (node) => ["span", { "data-wiki": node.attrs.source, class: "wiki-unit" }, node.attrs.source],
};

/** The text of a footnote, `[^label]: …`; what refers to it is a unit. */
const footnote = {
  group: "block", content: "block+", isolating: true, attrs: { label: {} },
  parseDOM: [{ tag: "div[data-footnote]", getAttrs: (element) => ({ label: element.dataset.footnote }) }],
  toDOM: (node) => ["div", { "data-footnote": node.attrs.label }, 0],
};

/** `Term`, and below it `: definition`; several terms may have one definition, and a term several. */
const definition_list = { group: "block", content: "(term | definition)*", parseDOM: [{ tag: "dl" }], toDOM: () => ["dl", 0] };
const term = { content: "inline*", defining: true, parseDOM: [{ tag: "dt" }], toDOM: () => ["dt", 0] };
const definition = { content: "block+", defining: true, parseDOM: [{ tag: "dd" }], toDOM: () => ["dd", 0] };

const { table, table_row, table_cell, table_header } = tables;
const blockquote = { ...commonmark.spec.nodes.get("blockquote"), content: "block*" };
const list_item = { ...commonmark.spec.nodes.get("list_item"), content: "block*" };

/** The page's title is the only h1: headings of the first level are shown as h2, as on the page. */
const heading = {
  ...commonmark.spec.nodes.get("heading"),
  content: "inline*",
  toDOM: ({ attrs: { level } }) => [`h${Math.max(level, 2)}`, { "data-level": level }, 0],
};

const nodes = commonmark.spec.nodes
  .update("heading", heading)
  .update("blockquote", blockquote)
  .update("list_item", list_item)
  .append({ table: { ...table, content: "table_row*" }, table_row, table_cell, table_header, footnote, definition_list, term, definition, source, wiki });

const marks = commonmark.spec.marks
  .addToEnd("strike", { parseDOM: [{ tag: "s" }, { tag: "del" }], toDOM: () => ["s", 0] })
  .addToEnd("highlight", { parseDOM: [{ tag: "mark" }], toDOM: () => ["mark", 0] });

export const schema = new Schema({ nodes, marks });
