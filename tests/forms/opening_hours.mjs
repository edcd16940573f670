// Reads and writes opening hours: gets texts as JSON from standard input, and writes for each its week (null where a table
// cannot show it), its text written anew, and the text after Wednesday got other hours.
import { readFileSync } from "node:fs";
import { emptyWeek, readHours, writeHours } from "../../static/wiki/forms/hours_syntax.js";

const texts = JSON.parse(readFileSync(0, "utf8"));
const results = texts.map((text) => {
  const week = readHours(text);
  if (!week) return null;
  const rows = week.rows.with(2, { isClosed: false, ranges: [["07:00", "08:00"], ["09:00", ""]] });
  return { week, written: writeHours(week), changed: writeHours({ ...week, rows }) };
});
process.stdout.write(JSON.stringify({ results, empty: writeHours(emptyWeek()) }));
