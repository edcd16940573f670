// What the visual editor makes of front matter: reads `[texts, values]` as JSON from standard input, and writes for each
// text its parts joined, and the text after each of its values of one line was changed to each of the values.
import { readFileSync } from "node:fs";
import { divide, join, newEntry, shownValue, withValue } from "../../static/wiki/visual_editor/front_matter.js";

const [texts, values] = JSON.parse(readFileSync(0, "utf8"));
const results = texts.map((text) => {
  const parts = divide(text);
  if (!parts) return null;
  const changed = parts.entries.flatMap((entry, index) => {
    if (!entry.key || entry.lines.slice(1).some((line) => line.trim())) return [];
    return values.map((value) => {
      const entries = parts.entries.with(index, withValue(entry, value));
      return { index, key: entry.key, value, text: join({ ...parts, entries }) + parts.body };
    });
  });
  const shown = parts.entries.filter((entry) => entry.key).map((entry) => [entry.key, shownValue(entry.value)]);
  const more = join({ ...parts, entries: [...parts.entries, newEntry("Un nom", "un # mot")] }) + parts.body;
  return { joined: join(parts) + parts.body, changed, shown, more };
});
process.stdout.write(JSON.stringify(results));
