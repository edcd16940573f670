// The part of OpenStreetMap's opening_hours syntax that a week's table can show: hours by day, days that are closed, public
// holidays, one note. What says more (months, weeks, «Mo[1]», sunset, «||») is not read, so that nothing of it is lost.

export const DAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
/** The row of public holidays, after those of the days. */
export const HOLIDAYS = DAYS.length;
const ALL_DAY = ["00:00", "24:00"];
const CLOSED_WORD = "off";
const DAY = new RegExp(`(${DAYS.join("|")}|PH)(?:\\s*-\\s*(${DAYS.join("|")}))?`, "iy");
const TIME = /(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)/y;
const CLOSED = /(?:off|closed)\b\s*/iy;
const ALWAYS = /24\/7\s*/y;
const NOTE_ALONE = /^\s*24\/7\s+unknown\s+"([^"]*)"\s*$/i;
const NOTE = /"([^"]*)"\s*/y;
// Where a blank stands decides what a comma is: «Mo, Tu 09:00-12:00» are two rules, the first of them for all of Monday.
const COMMA_OF_DAYS = /,(?=\S)/y;
const COMMA_OF_HOURS = /, ?(?=\d)/y;
const BLANKS = /\s*/y;
const END = /;\s*|,\s+(?=[a-z])/iy;

class NotShown extends Error {}

/** A text that is read from left to right. */
class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.take(BLANKS);
  }

  get isDone() {
    return this.at === this.text.length;
  }

  /** Returns the match of a sticky pattern at this place, and goes on behind it; null if there is none. */
  take(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at = pattern.lastIndex;
    return match;
  }
}

const twoDigits = (number) => String(number).padStart(2, "0");

/** Returns hours as the table has them: an end at midnight is 24:00, one after it a time of the next day. */
export function withEnd(from, to) {
  return [from, to === "00:00" ? "24:00" : to];
}

function readTime(match) {
  const [startHour, startMinute, endHour, endMinute] = match.slice(1).map(Number);
  if (startHour > 23 || endHour > 48 || startMinute > 59 || endMinute > 59) throw new NotShown();
  const end = endHour === 24 && endMinute === 0 ? endHour : endHour % 24;
  if (endHour * 60 + endMinute > (startHour + 24) * 60 + startMinute) throw new NotShown(); // more than a day
  return withEnd(`${twoDigits(startHour)}:${twoDigits(startMinute)}`, `${twoDigits(end)}:${twoDigits(endMinute)}`);
}

const indexOf = (code) => DAYS.findIndex((day) => day.toLowerCase() === code.toLowerCase());

function readDays(reader) {
  const rows = [];
  for (let more = true; more; ) {
    const match = reader.take(DAY);
    if (!match) {
      if (rows.length) throw new NotShown();
      return DAYS.map((_, row) => row);
    }
    const first = indexOf(match[1]);
    if (first < 0 && match[2]) throw new NotShown();
    const last = match[2] ? indexOf(match[2]) : first;
    if (first < 0) rows.push(HOLIDAYS);
    else for (let step = 0; step <= (last - first + DAYS.length) % DAYS.length; step += 1) rows.push((first + step) % DAYS.length);
    more = Boolean(reader.take(COMMA_OF_DAYS));
  }
  reader.take(BLANKS);
  return [...new Set(rows)];
}

function readRanges(reader) {
  if (reader.take(ALWAYS)) return [ALL_DAY];
  const ranges = [];
  for (let match = reader.take(TIME); match; match = reader.take(COMMA_OF_HOURS) && reader.take(TIME)) ranges.push(readTime(match));
  reader.take(BLANKS);
  return ranges;
}

/** Returns one rule: its rows, whether they are closed, their hours, its note. */
function readRule(reader) {
  const rows = readDays(reader);
  const isClosed = Boolean(reader.take(CLOSED));
  const ranges = isClosed ? [] : readRanges(reader);
  if (!isClosed && !ranges.length) throw new NotShown();
  return { rows, isClosed, ranges, note: reader.take(NOTE)?.[1] ?? "" };
}

function noteOf(rules) {
  const opening = rules.filter((rule) => !rule.isClosed);
  const notes = new Set((opening.length ? opening : rules).map((rule) => rule.note));
  if (notes.size > 1 || (opening.length && rules.some((rule) => rule.isClosed && rule.note))) throw new NotShown();
  return [...notes][0] ?? "";
}

function apply(rows, rule, isAddition) {
  const isOfDays = rule.rows.some((row) => row !== HOLIDAYS);
  const { isClosed: areClosed, ranges: ofHolidays } = rows[HOLIDAYS];
  if (isOfDays && (areClosed || ofHolidays.length)) throw new NotShown(); // days would overrule the holidays before them
  for (const row of rule.rows) {
    const former = isAddition ? rows[row].ranges : [];
    rows[row] = { isClosed: rule.isClosed, ranges: [...former, ...rule.ranges] };
    if (rule.isClosed && former.length) throw new NotShown();
  }
}

export function emptyWeek() {
  return { rows: Array.from({ length: HOLIDAYS + 1 }, () => ({ isClosed: false, ranges: [] })), note: "" };
}

/** Returns the week that a text says: `rows` (Monday to Sunday, holidays) and `note`; null if a week is not all it says. */
export function readHours(text) {
  const week = emptyWeek();
  const alone = NOTE_ALONE.exec(text);
  if (alone) return { ...week, note: alone[1] };
  const reader = new Reader(text);
  const rules = [];
  try {
    for (let separator = ";"; !reader.isDone; ) {
      const rule = readRule(reader);
      apply(week.rows, rule, separator.startsWith(","));
      rules.push(rule);
      separator = reader.take(END)?.[0] ?? "";
      if (!reader.isDone === !separator) throw new NotShown(); // nothing between two rules, or nothing after a sign
    }
    return { rows: week.rows, note: noteOf(rules) };
  } catch (error) {
    if (error instanceof NotShown) return null;
    throw error;
  }
}

/** Returns days as text: `Mo-We,Fr`. */
function writeDays(days) {
  const runs = [];
  for (const day of days) {
    if (runs.at(-1)?.at(-1) === day - 1) runs.at(-1).push(day);
    else runs.push([day]);
  }
  return runs.map((run) => (run.length > 1 ? `${DAYS[run[0]]}-${DAYS[run.at(-1)]}` : DAYS[run[0]])).join(",");
}

const crossesMidnight = ([from, to]) => to <= from;
const isComplete = ([from, to]) => Boolean(from && to);

/** Returns what is said of a row: `off`, or its hours; nothing if nothing is. */
function writeRow({ isClosed, ranges }) {
  return isClosed ? CLOSED_WORD : ranges.filter(isComplete).map((range) => range.join("-")).sort().join(",");
}

/** Returns the days that are said something of, by what is said. */
function groupDays(rows) {
  const groups = new Map();
  for (const [row, day] of rows.slice(0, HOLIDAYS).entries()) {
    const hours = writeRow(day);
    if (hours) groups.set(hours, [...(groups.get(hours) ?? []), row]);
  }
  return groups;
}

/** Returns the text of a week. Hours without an end are left out. */
export function writeHours({ rows, note }) {
  const comment = note.trim().replaceAll('"', "'");
  const groups = groupDays(rows);
  const holidays = writeRow(rows[HOLIDAYS]);
  const areAllClosed = [...groups.keys(), holidays].every((hours) => !hours || hours === CLOSED_WORD);
  const rule = (days, hours) => {
    const said = days === "Mo-Su" && hours === ALL_DAY.join("-") ? "24/7" : `${days} ${hours}`;
    return comment && (hours !== CLOSED_WORD || areAllClosed) ? `${said} "${comment}"` : said;
  };
  const open = [...groups].filter(([hours]) => hours !== CLOSED_WORD);
  const closed = [...groups].filter(([hours]) => hours === CLOSED_WORD);
  const isNightly = rows.some((row) => row.ranges.filter(isComplete).some(crossesMidnight));
  // What follows a semicolon would end the night before it: such rules add, and closed days stand first.
  const rules = (isNightly ? closed : [...groups]).map(([hours, days]) => rule(writeDays(days), hours));
  if (isNightly && open.length) rules.push(open.map(([hours, days]) => rule(writeDays(days), hours)).join(", "));
  if (holidays) rules.push(rule("PH", holidays));
  return rules.length || !comment ? rules.join("; ") : `24/7 unknown "${comment}"`;
}
