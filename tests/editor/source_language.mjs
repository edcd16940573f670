// What the source editor styles: reads texts as JSON from standard input, and writes for each the names of the wiki's markup
// found in it, with their sources.
import { readFileSync } from "node:fs";
import { wikiParser } from "../../static/wiki/source_editor/wiki_language.js";

const NAMES = new Set(["Call", "Fact", "FrontMatter", "Highlight", "WikiLink"]);
const results = JSON.parse(readFileSync(0, "utf8")).map((text) => {
  const found = [];
  wikiParser.parse(text).iterate({
    enter: ({ name, from, to }) => { if (NAMES.has(name)) found.push([name, text.slice(from, to)]); },
  });
  return found;
});
process.stdout.write(JSON.stringify(results));
