// The document as Markdown again: what was not changed keeps its lines, byte for byte.
import { changedBlockText, changedRowText, changedTermText, newBlockText, termText } from "./changed_block.js";
import { normalize } from "./normalize.js";
import { rowText, delimiterText } from "./serializer.js";
import { AFTER_MARKER, endsInOpenCode, read, textOf } from "./source_tree.js";

const LISTS = new Set(["bullet_list", "ordered_list"]);
const BETWEEN_LISTS = "<!-- -->";
/** Blocks that are no text by themselves. */
const NO_DOCUMENT = new Set(["list_item", "table_row", "term", "definition"]);
/** Blocks that take indented lines below them for their own. */
const TAKE_INDENTED = new Set(["bullet_list", "ordered_list", "footnote", "definition_list"]);
/** The texts of changed blocks that are not read by themselves. */
const CHANGED_TEXTS = { table_row: changedRowText, term: changedTermText };
const DEEPEST = 4;
const DEFINITION = /^ {0,3}\[(?!\^)[^\]]+\]:/;

const LIKE_DEFINITION = /^ {0,3}[:~][ \t]/;

const lineOf = (text) => ({ at: null, text });
const linesOf = (text) => text.split("\n").map(lineOf);
const isBlank = (lines) => lines.every((line) => !line.text.trim());

/** Whether a block would be read as a definition, or as a term with one, of what is before it; `next` is its source, if it has one. */
function isTakenAsDefinition(before, next) {
  const lines = next && next.type !== "definition_list" ? next.lines.slice(0, before.type.name === "definition_list" ? 3 : 1) : [];
  return lines.some(({ text }) => LIKE_DEFINITION.test(text));
}

/** Whether two blocks, one after the other, would be read as one list. */
function areOneList(first, second) {
  return LISTS.has(first.type.name) && first.type === second.type;
}

/** Returns the place of each new block among the old ones, or null: equal ones in order, then what can be its earlier form. */
function pair(olds, news) {
  const pairs = news.map(() => null);
  const places = new Map(olds.map((block, index) => [block.node, index]));
  let next = 0;
  news.forEach((node, index) => {
    const place = places.get(node) ?? -1;
    if (place >= next) {
      pairs[index] = place;
      next = place + 1;
    }
  });
  const isMovedHere = (index) => places.has(news[index]) && !pairs.includes(places.get(news[index]));
  const isMovedAway = (place) => news.includes(olds[place].node);
  const segments = [];
  let [start, first] = [0, 0];
  for (let index = 0; index <= news.length; index += 1) {
    const end = index < news.length ? pairs[index] : olds.length;
    if (end === null) continue;
    segments.push([range(start, index).filter((at) => !isMovedHere(at)), range(first, end).filter((at) => !isMovedAway(at))]);
    [start, first] = [index + 1, end + 1];
  }
  for (const segment of segments) pairSegment(olds, news, pairs, ...segment);
  return pairs;
}

const range = (start, end) => Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);

/** Pairs blocks between two that are known, given by their places: equal ones at both ends, then those of one type. */
function pairSegment(olds, news, pairs, newPlaces, oldPlaces) {
  let [from, to, first, last] = [0, newPlaces.length, 0, oldPlaces.length];
  const [node, old] = [(index) => news[newPlaces[index]], (index) => olds[oldPlaces[index]].node];
  const join = (index, other) => { pairs[newPlaces[index]] = oldPlaces[other]; };
  while (from < to && first < last && node(from).eq(old(first))) join(from++, first++);
  while (from < to && first < last && node(to - 1).eq(old(last - 1))) join(--to, --last);
  const isSame = to - from === last - first;
  while (from < to && first < last) {
    if (node(from).type === old(first).type && (isSame || isSimilar(node(from), old(first)))) {
      join(from++, first++);
    } else if (isSame) {
      from += 1;
      first += 1;
    } else if (to - from > last - first) {
      from += 1;
    } else {
      first += 1;
    }
  }
}

function isSimilar(node, other) {
  const [a, b] = [node.textContent, other.textContent];
  let [start, end] = [0, 0];
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return start + end >= 0.5 * Math.max(a.length, b.length, 1);
}

/**
 * Writes the blocks of a text that was read as `source` (what `read` returns). With `isSpaced`, changed blocks get a blank
 * line to their neighbours where there was none; those that are `newFrom` levels deep or more are written anew.
 */
class SourceWriter {
  constructor(source, { isSpaced = false, newFrom = Infinity } = {}) {
    Object.assign(this, { root: source.root, isSpaced, newFrom, depth: 0 });
    this.definitions = source.root.lines.filter((line) => DEFINITION.test(line.text)).map((line) => line.text).join("\n");
  }

  /** Returns the lines of a block that was `block` and is `node` now. */
  changed(block, node) {
    if (block.node === node || block.node.eq(node)) return block.lines;
    if (this.depth >= this.newFrom && !NO_DOCUMENT.has(block.type)) return linesOf(newBlockText(node, this.definitions));
    if (block.kids?.length && node.childCount) return this.wrap(block, node, this.inside(block, node));
    if (block.type === "list_item") return this.wrap(block, node, this.freshInside(node)); // it was empty, or is now
    const source = textOf(block.lines);
    const text = (CHANGED_TEXTS[block.type] ?? changedBlockText)(block.node, node, source, this.definitions);
    return this.withKeptLines(block.lines, linesOf(text));
  }

  /** Returns the lines with those that are as they were at the beginning and at the end taken from the source. */
  withKeptLines(olds, news) {
    const lines = [...news];
    let [start, end] = [0, 0];
    while (start < olds.length && start < news.length && olds[start].text === news[start].text) {
      lines[start] = olds[start];
      start += 1;
    }
    while (end < Math.min(olds.length, news.length) - start && olds.at(-1 - end).text === news.at(-1 - end).text) {
      lines[news.length - 1 - end] = olds.at(-1 - end);
      end += 1;
    }
    return lines;
  }

  /** Returns the lines in a container, as its kids see them. */
  inside(block, node) {
    this.depth += 1;
    const lines = this.linesInside(block, node);
    this.depth -= 1;
    return lines;
  }

  linesInside(block, node) {
    const { kids, inner, first } = block;
    const pairs = pair(kids, node.children);
    const isPermuted = pairs.includes(null) && pairs.length === kids.length && kids.every((kid) => node.children.includes(kid.node));
    const lines = inner.slice(0, kids[0].first - first);
    let previous = -1;
    node.forEach((child, _, index) => {
      const place = pairs[index];
      if (index) lines.push(...this.gap(block, previous, place, [node.child(index - 1), child]));
      else lines.push(...this.lostDefinitions(block, 0, place ?? 0));
      lines.push(...this.placed(block, child, place, { previous, pairs, index, isPermuted }));
      if (block.type === "table" && index === 0) lines.push(...this.delimiter(block, node));
      if (place !== null) previous = place;
    });
    if (previous < kids.length - 1) lines.push(...this.lostDefinitions(block, previous, kids.length - 1));
    const isHeadOnly = block.type === "table" && kids.length === 1;
    return [...lines, ...inner.slice(kids.at(-1).last - first + (isHeadOnly ? 1 : 0))];
  }

  /** Returns the lines of a child: from its place, from where it stood before it was moved, or new ones. */
  placed(block, child, place, { previous, pairs, index, isPermuted }) {
    const { kids } = block;
    const from = place ?? kids.findIndex((kid, at) => kid.node === child && !pairs.includes(at));
    if (from < 0) return this.fresh(block, child, previous);
    const lines = this.changed(kids[from], child);
    return isPermuted && block.type === "ordered_list" ? this.renumbered(block, lines, from, index) : lines;
  }

  /** Returns the lines of an item with the number of its new place, if the list counts, and the number is as wide. */
  renumbered({ node: { attrs: { order } } }, lines, from, index) {
    const [lead, number] = /^([ \t]*)(\d+)/.exec(lines[0].text)?.slice(1) ?? [];
    const next = String(order + index);
    if (from === index || Number(number) !== order + from || next.length !== number.length) return lines;
    return [lineOf(lead + next + lines[0].text.slice(lead.length + number.length)), ...lines.slice(1)];
  }

  /** Returns the definitions of references that stood between blocks that are gone. */
  lostDefinitions(block, from, to) {
    const lost = [];
    for (let index = Math.max(from, 0); index < to; index += 1) {
      const lines = this.linesBetween(block, index);
      if (!isBlank(lines)) lost.push(...lines);
    }
    return block.type === "table" ? [] : lost;
  }

  linesBetween(block, index) {
    return block.inner.slice(block.kids[index].last - block.first, block.kids[index + 1].first - block.first);
  }

  /** Returns the lines between two blocks: those that were there, or what separates blocks of this kind. */
  gap(block, previous, place, nodes) {
    if (block.type === "table") return [];
    const isNeighbour = place !== null && place === previous + 1 && previous >= 0;
    if (isNeighbour) return this.gapBetween(block, previous, nodes);
    if (block.type === "definition_list" && (nodes[1].type.name === "definition" || nodes[0].type === nodes[1].type)) return [];
    const before = block.kids[previous];
    if (before && endsInOpenCode(before)) {
      if (!before.kids) return [lineOf(before.token.markup), lineOf("")];
      return areOneList(...nodes) ? [lineOf(BETWEEN_LISTS), lineOf("")] : [];
    }
    const end = place ?? Math.min(previous + 1, block.kids.length - 1);
    const kept = place === null ? [] : this.lostDefinitions(block, previous, end);
    if (kept.length) return isBlank([kept[0]]) ? kept : [lineOf(""), ...kept];
    if (block.type !== "doc" && this.isTight(block) && !(this.isSpaced && block.type === "list_item")) return [];
    return areOneList(...nodes) || this.isSpaced ? this.wideGap([], nodes, block.kids[place]) : [lineOf("")];
  }

  /** Returns the lines between two blocks that were neighbours before. */
  gapBetween(block, index, nodes) {
    const lines = this.linesBetween(block, index);
    const isChanged = nodes.some((node, side) => !node.eq(block.kids[index + side].node));
    return this.isSpaced && isChanged && !LISTS.has(block.type) && block.type !== "definition_list" ? this.wideGap(lines, nodes, block.kids[index + 1]) : lines;
  }

  /** Returns lines between two blocks that separate them whatever they are; `next` is the source of the second, if it has one. */
  wideGap(lines, nodes, next) {
    const isIndented = /^[ \t]/.test(next?.lines[0].text ?? "");
    const takesIndented = TAKE_INDENTED.has(nodes[0].type.name) || nodes[0].type.spec.code;
    const isTaken = isIndented ? takesIndented : isTakenAsDefinition(nodes[0], next);
    if (areOneList(...nodes) || isTaken) return ["", BETWEEN_LISTS, ""].map(lineOf);
    return lines.length && isBlank([lines[0]]) ? lines : [lineOf(""), ...lines];
  }

  isTight(block) {
    return LISTS.has(block.type) || block.type === "list_item"
      ? block.kids.every((kid, index) => index === 0 || kid.first === block.kids[index - 1].last)
        && (block.type !== "list_item" || block.kids.length > 1)
      : false;
  }

  delimiter(block, node) {
    const { kids, inner, first } = block;
    const old = kids[0].node;
    const head = node.firstChild;
    const isSame = old.childCount === head.childCount
      && head.children.every((cell, index) => cell.attrs.align === old.child(index).attrs.align);
    const start = kids[0].last - first;
    return isSame ? inner.slice(start, start + 1) : [lineOf(delimiterText(head))];
  }

  /** Returns the lines of a block that is new in a container. */
  fresh(block, node, previous) {
    if (block.type === "table") return [lineOf(rowText(node))];
    if (node.type.name === "term") return [lineOf(termText(node))];
    if (node.type.name === "definition") return this.freshDefinition(block, node);
    if (!LISTS.has(block.type)) return linesOf(newBlockText(node, this.definitions));
    const sibling = block.kids[Math.max(previous, 0)];
    const [lead, sign = "-"] = /^( *)([-*+]|\d+[.)])/.exec(sibling.marker)?.slice(1) ?? [""];
    const marker = `${lead}${sign.replace(/\d+/, (number) => String(Number(number) + 1))} `.padEnd(sibling.width);
    const separator = this.isTight(block) && node.childCount < 3 ? "\n" : "\n\n";
    return this.withMarker(this.freshInside(node, separator), marker);
  }

  /** Returns the lines of the blocks in a new node, without its marker. */
  freshInside(node, separator = "\n\n") {
    return linesOf(node.children.map((child) => newBlockText(child, this.definitions)).join(separator));
  }

  /** Returns the lines of a new definition, with the marker that others of its list have. */
  freshDefinition({ kids }, node) {
    const { marker, width, lines } = kids.find((kid) => kid.type === "definition");
    const isLine = node.childCount === 1 && node.firstChild.type.name === "paragraph";
    return this.withMarker(this.freshInside(node), isLine ? /^[ \t]*[:~][ \t]+/.exec(lines[0].text)[0] : marker, width);
  }

  withMarker(lines, marker, width = marker.length) {
    const indent = " ".repeat(width);
    return lines.map(({ text }, index) => lineOf(((index ? indent : marker) + text).replace(/^\s+$/, "")));
  }

  /** Returns the lines of a container as its own container holds them. */
  wrap(block, node, inner) {
    const isItem = AFTER_MARKER.has(block.type);
    if (!isItem && block.type !== "blockquote") return block.type === "ordered_list" ? this.numbered(block, node, inner) : inner;
    if (block.type === "footnote" && inner[0].at !== block.first) return this.wrapNote(block, inner);
    const sign = /^[ \t]*>[ \t]?/.exec(block.lines[0].text)?.[0].replace(/\t$/, " ");
    return inner.map(({ at, text }, index) => {
      const isFirst = at === block.first;
      if (at !== null && isFirst === (index === 0)) return block.lines[at - block.first];
      if (!isItem) return lineOf(text ? sign + (/>$/.test(sign) && /^[ \t]/.test(text) ? " " : "") + text : sign.trimEnd());
      return lineOf(((index ? " ".repeat(block.width) : block.marker) + text).replace(/\s+$/, ""));
    });
  }

  /** Returns the lines of a footnote whose first line is new: a paragraph begins beside the label, other blocks below it. */
  wrapNote({ marker, lines, first }, inner) {
    const isBelow = /^ {0,3}(?:[-+*>#|:~`<]|\d+[.)])|^ {4}/.test(inner[0].text);
    const head = isBelow ? marker : `${marker} ${inner[0].text.trimStart()}`.trimEnd();
    const rest = inner.slice(isBelow ? 0 : 1).map(({ at, text }) => (at === null || at === first ? lineOf(text && `    ${text}`) : lines[at - first]));
    return [lineOf(head), ...rest];
  }

  /** Lets the first item of a list have the number with which the list begins. */
  numbered(block, node, inner) {
    const number = /\d{1,9}/.exec(inner[0].text)?.[0];
    if (number === undefined || Number(number) === node.attrs.order) return inner;
    return [lineOf(inner[0].text.replace(number, String(node.attrs.order))), ...inner.slice(1)];
  }
}

/**
 * Returns a document without the comments that keep two lists apart, and with `isLenient` without the difference between
 * lists whose items have blank lines between them and others.
 */
function comparable(node, isLenient) {
  if (node.isLeaf || node.isTextblock) return node;
  const blocks = node.children.filter((child) => child.type.name !== "source" || child.textContent !== BETWEEN_LISTS)
    .map((child) => comparable(child, isLenient));
  const attributes = isLenient && LISTS.has(node.type.name) ? { ...node.attrs, tight: true } : node.attrs;
  return node.type.create(attributes, blocks);
}

function areEqual(doc, other, isLenient = false) {
  return doc.eq(other) || comparable(doc, isLenient).eq(comparable(other, isLenient));
}

/** Whether a text is read as this document. */
export function isTextOf(text, doc) {
  return areEqual(read(text).doc, doc);
}

/** Returns the text of a document whose blocks are all written anew. */
function wholeText(doc) {
  const parts = doc.children.map((node) => newBlockText(node, ""));
  return parts.map((part, index) => {
    if (!index) return part;
    return `${areOneList(doc.child(index - 1), doc.child(index)) ? `\n\n${BETWEEN_LISTS}` : ""}\n\n${part}`;
  }).join("");
}

/** The ways to write a changed text, those that keep most of it first. */
const WAYS = [
  [{}, { isSpaced: true }], Array.from({ length: DEEPEST }, (_, index) => ({ isSpaced: true, newFrom: DEEPEST - index })),
];

/**
 * Returns `{ text, isExact }`: the Markdown of a document that was read from `source` (what `read` returns). The lines of
 * blocks that were not changed are those of the source. `isExact` is false if the text is not read as the document.
 */
export function write(source, shown) {
  const doc = normalize(shown);
  if (source.doc.eq(doc)) return { text: textOf(source.root.lines), isExact: true };
  if (!source.root.kids.length) {
    const text = [...source.root.lines.map((line) => line.text).filter((line) => line.trim()), ""].join("\n\n") + wholeText(doc);
    return { text: `${text}\n`, isExact: isTextOf(text, doc) };
  }
  const tried = new Map();
  for (const ways of WAYS) {
    const texts = [];
    for (const way of ways) {
      const text = textOf(new SourceWriter(source, way).inside(source.root, doc));
      if (tried.has(text)) continue;
      tried.set(text, read(text).doc);
      if (areEqual(tried.get(text), doc)) return { text, isExact: true };
      texts.push(text);
    }
    const text = texts.find((one) => areEqual(tried.get(one), doc, true));
    if (text !== undefined) return { text, isExact: true };
  }
  return { text: tried.keys().next().value, isExact: false };
}
