"""The blocks of a text, found by markdown-it-py (CommonMark 0.31.2, GFM tables) with the rules of this wiki.

Added are definition lists, texts of footnotes, abbreviations (`*[HTML]: …`), calls over several lines, and tables whose
cells can hold `[[Title|label]]` and `{{call|…}}`: their bars do not separate cells.
"""

from __future__ import annotations

import re
from functools import partial

from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as table_rule
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def

from wiki.text.markup.parser_functions import CALL, end_of_call

ABBREVIATIONS = "abbreviations"
"""Key of the environment of a parsed text: titles by abbreviation."""
CALL_BLOCK = "wiki_call"
"""Type of the token of a call over several lines; its content is the call as written."""
NESTING_LIMIT = 100
"""Nesting beyond which markdown-it reads no further; `markdown_parser` refuses texts with such blocks before."""
_ABBREVIATION = re.compile(r"\*\[([^\]\n]+)\] ?:[ ]*(.*)")
TERMS_LIMIT = 10
"""Terms of one definition at most."""
_DEFINITION = re.compile(r"[:~][ \t]+[^ \t]")
_TERM = re.compile(r"(?!(?:[-*+]|\d+[.)]|#+)(?:[ \t]|$)|[>|<])\S")
_CALL = re.compile(CALL)
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_IN_CELLS = re.compile(r"\[\[[^\[\]\n]*\]\]|\{\{")
_BAR = re.compile(r"\\?\|")
_HIDDEN_BAR, _HIDDEN_ESCAPE = "\ue002", "\ue003"


def block_parser() -> MarkdownIt:
    """Return a parser that finds blocks only: the content of inline tokens is the source."""
    parser = MarkdownIt("commonmark", {"maxNesting": NESTING_LIMIT}).enable("table").disable(["inline", "text_join"])
    parser.use(deflist_plugin)
    parser.use(dollarmath_plugin, allow_labels=False)
    parser.use(footnote_plugin, inline=False, move_to_end=False)
    rules = parser.block.ruler
    rules.at("footnote_def", footnote_def, {"alt": ["paragraph", "reference", "blockquote"]})
    rules.before("reference", "abbreviation", _abbreviation, {"alt": ["paragraph", "reference", "blockquote"]})
    rules.before("table", CALL_BLOCK, _call, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    rules.at("table", _table, {"alt": ["paragraph", "reference"]})
    deflist = next(rule.fn for rule in rules.__rules__ if rule.name == "deflist")
    rules.before("paragraph", "definition_terms", partial(_terms, deflist))
    return parser


def _line(state: StateBlock, number: int) -> str:
    """Return a line without the indentation and the marks of what it is in."""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _abbreviation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read `*[abbreviation]: title`."""
    match = None if state.is_code_block(start) else _ABBREVIATION.match(_line(state, start))
    if match is None:
        return False
    if not silent:
        name, title = match[1].strip(), match[2].strip()
        if name and title:
            state.env.setdefault(ABBREVIATIONS, {})[name] = title
        state.line = start + 1
    return True


def _call(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a call that begins a line and spans several lines, if nothing follows it, or if it has blank lines in it.

    Other calls of several lines are part of a paragraph. What follows a call with blank lines is read as a new line.
    """
    if state.is_code_block(start) or not _CALL.match(_line(state, start)):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    source_end = end_of_call(state.src, begin)  # with the marks of quotes and lists in it, which have no braces
    if source_end is None or source_end <= state.eMarks[start]:
        return False
    last = start + state.src.count("\n", begin, source_end)
    if last >= end:
        return False
    has_rest = bool(state.src[source_end : state.eMarks[last]].strip())
    if has_rest and not _BLANK_LINE.search(state.src, begin, source_end):
        return False
    text = state.getLines(start, last + 1, state.blkIndent, False).lstrip(" ")
    call_end = end_of_call(text, 0)
    if call_end is None or silent:
        return call_end is not None
    token = state.push(CALL_BLOCK, "", 0)
    token.content, token.map, token.meta = text[:call_end], [start, last + 1], {"alone": not has_rest}
    state.line = last + 1
    if has_rest:  # the line goes on
        state.line = last
        state.bMarks[last], state.tShift[last], state.sCount[last] = source_end, 0, state.blkIndent
        state.tShift[last] = len(rest := state.src[source_end : state.eMarks[last]]) - len(rest.lstrip())
    return True


def _terms(deflist: RuleFuncBlockType, state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read the lines above the last term of a definition as terms too: `deflist`, markdown-it's rule, knows one."""
    if silent or state.is_code_block(start):
        return False
    last = start
    while last + 1 < end and not _DEFINITION.match(_line(state, last + 1)):
        last += 1
        if last - start > TERMS_LIMIT or state.isEmpty(last) or state.sCount[last] != state.blkIndent:
            return False
    if (
        last == start
        or last + 1 >= end
        or state.sCount[last + 1] < state.blkIndent
        or not all(_TERM.match(_line(state, number)) for number in range(start, last + 1))
    ):
        return False
    for number in range(start, last):
        token = state.push("dt_open", "dt", 1)
        token.map = [number, number + 1]
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = _line(state, number).strip(), token.map, []
        state.push("dt_close", "dt", -1)
    return deflist(state, last, end, False)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table by markdown-it's rule, with the bars of links and calls hidden from it."""
    source, first = state.src, len(state.tokens)
    if "hidden_bars" not in state.env:
        state.env["hidden_bars"] = "\n".join(map(_with_hidden_bars, source.split("\n")))
    state.src = state.env["hidden_bars"]
    try:
        found = table_rule(state, start, end, silent)
    finally:
        state.src = source
    for token in state.tokens[first:]:
        token.content = token.content.replace(_HIDDEN_ESCAPE, "").replace(_HIDDEN_BAR, "|")
    return bool(found)


def _with_hidden_bars(line: str) -> str:
    """Return a line with the bars in its links and calls, escaped or not, replaced by as many private characters."""
    if "|" not in line or ("[[" not in line and "{{" not in line):
        return line
    parts, position = list[str](), 0
    while match := _IN_CELLS.search(line, position):
        end = end_of_call(line, match.start()) if match[0] == "{{" else match.end()
        end = end or match.end()
        parts += [line[position : match.start()], _BAR.sub(_hidden, line[match.start() : end])]
        position = end
    return "".join([*parts, line[position:]])


def _hidden(bar: re.Match[str]) -> str:
    return _HIDDEN_BAR if bar[0] == "|" else _HIDDEN_ESCAPE + _HIDDEN_BAR
