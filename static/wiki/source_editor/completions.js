// What is offered while one writes the source: pages and facts after `[[`, calls after `{{`, properties and values in front matter.
import { autocompletion, startCompletion } from "@codemirror/autocomplete";

const LINK = /\[\[:?([^\]|[\n]{0,80})$/;
const FACT = /^([^:]{1,80})::(.*)$/;
const CALL = /\{\{([^{}|\n]{0,80})$/;
const FRONT_MATTER = /^---[ \t]*\n(?:[^\n]*\n)*?---[ \t]*(?:\n|$)/;
const FRONT_LINE = /^([\p{L}"'][^:\n]{0,79}):[ \t]+(.*)$/u;
const FRONT_LENGTH = 20_000;
const WAIT = 150;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

/** Returns the index after the front matter of a text; 0 where it has none. */
export function endOfFrontMatter(text) {
  return FRONT_MATTER.exec(text)?.[0].length ?? 0;
}

/** Asks an address for JSON; null where there is no answer, or none that anybody waits for. */
async function ask(context, url, query) {
  const request = new AbortController();
  context.addEventListener("abort", () => request.abort(), { onDocChange: true });
  try {
    const answer = await fetch(`${url}?${new URLSearchParams(query)}`, { signal: request.signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the network failed, or what is asked for has changed
  }
}

/** Returns a function that writes a choice, and `end` behind it unless it stands there; `isInside` puts the cursor before `end`. */
function written(text, end, isInside = false) {
  return (view, _, from, to) => {
    const isThere = view.state.sliceDoc(to, to + end.length) === end;
    const anchor = from + text.length + (isInside ? 0 : end.length);
    view.dispatch({ changes: { from, to, insert: isThere ? text : text + end }, selection: { anchor }, userEvent: "input.complete" });
    if (/: ?$/.test(text + end)) startCompletion(view);
  };
}

/** Offers what the wiki has for the words before the cursor. */
class Completions {
  constructor({ pagesUrl, factsUrl, title, calls, texts }) {
    Object.assign(this, { pagesUrl, factsUrl, calls, texts });
    this.place = title.split(":")[0];
  }

  async facts(context, query) {
    return (await ask(context, this.factsUrl, query))?.suggestions ?? [];
  }

  /** Returns pages for a query: those of this page's place first. */
  async pages(context, query) {
    const [near, found] = await Promise.all([
      this.facts(context, { kind: "page", q: `${this.place}:${query}` }),
      query ? ask(context, this.pagesUrl, { q: query }) : null,
    ]);
    const isNear = (title) => title.startsWith(`${this.place}:`);
    const options = new Map(near.filter(({ value }) => isNear(value)).map(({ value }) => [value, ""]));
    const others = found?.results ?? [];
    for (const page of [...others].sort((one, other) => isNear(other.full_title) - isNear(one.full_title))) {
      options.set(page.full_title, page.place || page.kind);
    }
    return [...options].map(([label, detail]) => ({ label, detail, type: "page" }));
  }

  async link(context) {
    const found = LINK.exec(this.before(context));
    if (!found) return null;
    const [, words] = found;
    const from = context.pos - words.length;
    const fact = FACT.exec(words);
    if (fact) {
      const values = await this.facts(context, { kind: "value", property: fact[1], q: fact[2] });
      return this.list(context.pos - fact[2].length, values.map(({ value }) => ({ label: value, apply: written(value, "]]") })));
    }
    const query = words.trim();
    const [pages, properties] = await Promise.all([
      this.pages(context, query), query ? this.facts(context, { kind: "property", q: query }) : [],
    ]);
    const options = pages.map((page) => ({ ...page, apply: written(page.label, "]]") }));
    if (query && !pages.some(({ label }) => fold(label) === fold(query))) {
      options.push({ label: query, detail: this.texts.newPage, type: "new", apply: written(query, "]]") });
    }
    const names = properties.map(({ value, note }) => ({ label: `${value}::`, detail: note, apply: written(value, "::") }));
    return this.list(from, [...options, ...names]);
  }

  async call(context) {
    const found = CALL.exec(this.before(context));
    if (!found) return null;
    const query = found[1].trim();
    const calls = this.calls.filter(({ label }) => fold(label).includes(fold(query)))
      .map(({ label, detail }) => ({ label: `{{${label}}}`, detail, apply: written(label.startsWith("#") ? `${label}: ` : label, "}}", /^#|:$/.test(label)) }));
    const pages = query.startsWith("#") ? [] : await this.pages(context, query);
    return this.list(context.pos - found[1].length, [...calls, ...pages.map((page) => ({ ...page, apply: written(page.label, "}}") }))]);
  }

  async frontMatter(context) {
    const { doc } = context.state;
    const line = doc.lineAt(context.pos);
    if (line.number === 1 || doc.line(1).text.trimEnd() !== "---") return null;
    if (line.from >= endOfFrontMatter(doc.sliceString(0, FRONT_LENGTH)) || line.text.trimEnd() === "---") return null;
    const before = line.text.slice(0, context.pos - line.from);
    const fact = FRONT_LINE.exec(before);
    if (fact) {
      const values = await this.facts(context, { kind: "value", property: fact[1].replace(/^(["'])(.*)\1$/, "$2"), q: fact[2] });
      return this.list(context.pos - fact[2].length, values.map(({ value }) => ({ label: value, apply: written(value, "") })));
    }
    if (/^\s|:/.test(before) || (!before && !context.explicit)) return null;
    const names = await this.facts(context, { kind: "property", q: before });
    return this.list(line.from, names.map(({ value, note }) => ({ label: value, detail: note, apply: written(value, ": ") })));
  }

  before({ state, pos }) {
    const line = state.doc.lineAt(pos);
    return line.text.slice(Math.max(0, pos - line.from - 200), pos - line.from);
  }

  /** Returns the answer to CodeMirror; the wiki has found the options, so they are not filtered again. */
  list(from, options) {
    return options.length ? { from, options, filter: false } : null;
  }
}

/** Returns the extension that offers pages, facts and calls. */
export function completions(options) {
  const offered = new Completions(options);
  return autocompletion({
    override: [(context) => offered.link(context), (context) => offered.call(context), (context) => offered.frontMatter(context)],
    icons: false, activateOnTypingDelay: WAIT, maxRenderedOptions: 30, tooltipClass: () => "source-completions",
    optionClass: ({ type }) => (type === "new" ? "red" : ""),
  });
}
