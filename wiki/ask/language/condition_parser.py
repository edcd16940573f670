"""Parser of query conditions, `[[…]]` and `<q>…</q>`: recursive descent, one pass, no backtracking."""

from __future__ import annotations

import re

from wiki.ask.language.query_ast import (
    DEPTH_LIMIT,
    HIERARCHY_DEPTH,
    SIZE_LIMIT,
    AnyValue,
    ChainLink,
    Compare,
    Condition,
    Conjunction,
    Disjunction,
    HasValue,
    InCategory,
    InConcept,
    InNamespace,
    IsPage,
    NoValue,
    SubqueryValue,
    ValueTest,
)
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes.base import split_comparator
from wiki.text import titles
from wiki.text.titles import CATEGORY, CONCEPT

ANY_PROPERTY_PREFIXES = ("~~", "in:", "phrase:", "not:")
"""Prefixes of a condition that applies to the values of any property."""

_WHITESPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"\|\||OR\b|AND\b")
_DELIMITERS = re.compile(r"\[\[|\]\]|\|\|?|::|<q>|</q>")


def parse_conditions(source: str) -> Condition:
    """Parse the text of conditions into a syntax tree. Raises AskProblem with the position of the error."""
    parser = _ConditionParser(source)
    if not source.strip():
        raise AskProblem("ask_empty")
    condition = parser.disjunction(0)
    if parser.at < len(source):
        raise parser.unexpected("ask_condition")
    return condition


def parse_chain(chain: str, at: int | None = None) -> tuple[ChainLink, ...]:
    """Parse a property chain such as `P.-Q`; with a leading space, dots belong to the name. Raises AskProblem."""
    names = [chain] if chain.startswith(" ") else chain.split(".")
    links = []
    for name in names:
        name_part = name.strip()
        inverse = name_part.startswith("-")
        name_part = name_part[1:].strip() if inverse else name_part
        if not name_part:
            raise AskProblem("ask_property_missing", at=at)
        links.append(ChainLink(name_part, inverse))
    if len(links) > DEPTH_LIMIT:
        raise AskProblem("ask_depth", {"limit": DEPTH_LIMIT}, at=at)
    return tuple(links)


def nesting_depth(condition: Condition) -> int:
    """Return how many properties are nested in a condition, subqueries and chains included."""
    if isinstance(condition, Conjunction | Disjunction):
        return max(nesting_depth(part) for part in condition.parts)
    if isinstance(condition, HasValue):
        inner = [nesting_depth(value.condition) for value in condition.values if isinstance(value, SubqueryValue)]
        return len(condition.chain) + max(inner, default=0)
    return 0


class _ConditionParser:
    """The parser's position in the text, and the number of conditions parsed so far."""

    def __init__(self, source: str) -> None:
        self.source, self.at, self.size = source, 0, 0
        self.blank()

    def blank(self) -> None:
        """Advance past whitespace."""
        self.at = _WHITESPACE.match(self.source, self.at).end()  # type: ignore[union-attr]

    def unexpected(self, code: str) -> AskProblem:
        """Build the problem that quotes the text at the current position."""
        return AskProblem(code, {"found": self.source[self.at : self.at + 20].strip()}, at=self.at)

    def count(self) -> None:
        """Count one condition. Raises AskProblem beyond SIZE_LIMIT."""
        self.size += 1
        if self.size > SIZE_LIMIT:
            raise AskProblem("ask_size", {"limit": SIZE_LIMIT}, at=self.at)

    def disjunction(self, depth: int) -> Condition:
        """Parse `conj (("OR" | "||") conj)*`, as much of it as there is."""
        parts = [self.conjunction(depth)]
        while self.source.startswith(("||", "OR"), self.at):
            self.at += 2
            self.blank()
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else Disjunction(tuple(parts))

    def conjunction(self, depth: int) -> Condition:
        """Parse `atom+`, with or without AND between the atoms."""
        parts = [self.atom(depth)]
        while True:
            if self.source.startswith("AND", self.at):
                self.at += 3
                self.blank()
            elif not self.source.startswith(("[[", "<q>"), self.at):
                break
            parts.append(self.atom(depth))
        return parts[0] if len(parts) == 1 else Conjunction(tuple(parts))

    def atom(self, depth: int) -> Condition:
        """Parse `<q>…</q>` or `[[…]]` and the whitespace after it."""
        if self.source.startswith("<q>", self.at):
            found = self.group(depth)
        elif self.source.startswith("[[", self.at):
            found = self.link(depth)
        else:
            raise self.unexpected("ask_condition")
        self.blank()
        return found

    def group(self, depth: int) -> Condition:
        """Parse a group `<q>…</q>`."""
        begin = self.at
        if depth >= DEPTH_LIMIT:
            raise AskProblem("ask_depth", {"limit": DEPTH_LIMIT}, at=begin)
        self.at += 3
        self.blank()
        found = self.disjunction(depth + 1)
        if not self.source.startswith("</q>", self.at):
            if self.at >= len(self.source):
                raise AskProblem("ask_open", {"what": "<q>", "end": "</q>"}, at=begin)
            raise self.unexpected("ask_condition")
        self.at += 4
        return found

    def link(self, depth: int) -> Condition:
        """Parse a condition `[[…]]`."""
        begin = self.at
        self.at += 2
        head = self._read_until(("::", "||", "|", "]]"))
        if self._at_token("::"):
            self.at += 2
            found = self._parse_property(head, begin + 2, depth)
        else:
            self.at = begin + 2
            found = self._parse_page_or_category()
        if not self._at_token("]]"):
            raise AskProblem("ask_open", {"what": "[[", "end": "]]"}, at=begin)
        self.at += 2
        if nesting_depth(found) > DEPTH_LIMIT:
            raise AskProblem("ask_depth", {"limit": DEPTH_LIMIT}, at=begin)
        return found

    def _at_token(self, token: str) -> bool:
        return self.source.startswith(token, self.at)

    def _read_until(self, ends: tuple[str, ...]) -> str:
        """Return the text before the next of `ends`, or to the end of the source; nested `[[…]]` are skipped."""
        begin, inner = self.at, 0
        for match in _DELIMITERS.finditer(self.source, begin):
            if match[0] == "[[":
                inner += 1
            elif match[0] == "]]" and inner:
                inner -= 1
            elif not inner and match[0] in ends:
                self.at = match.start()
                return self.source[begin : self.at]
        self.at = len(self.source)
        return self.source[begin:]

    def _parse_values(self) -> list[tuple[str, int]]:
        """Parse `a||b||c` up to `|` or `]]` into pairs of text and start position."""
        found = []
        while True:
            self.blank()
            begin = self.at
            self.count()
            found.append((self._read_until(("||", "|", "]]")).strip(), begin))
            if not self._at_token("||"):
                return found
            self.at += 2

    def _parse_depth_option(self) -> int:
        """Parse `|+depth=n`; return HIERARCHY_DEPTH where there is no such option."""
        if not self._at_token("|"):
            return HIERARCHY_DEPTH
        begin = self.at
        self.at += 1
        written = self._read_until(("]]",)).replace(" ", "")
        number = written.removeprefix("+depth=")
        if number == written or not number.isdecimal() or len(number) > 4:
            raise AskProblem("ask_depth_option", {"found": written[:20]}, at=begin)
        return min(int(number), HIERARCHY_DEPTH)

    # --- What stands between the brackets ---------------------------------------------------------
    def _parse_property(self, head: str, begin: int, depth: int) -> Condition:
        chain = parse_chain(head, at=begin)
        values: list[ValueTest] = []
        while True:
            self.blank()
            values.append(self._parse_subquery(depth) if self._at_token("<q>") else self._parse_value())
            if not self._at_token("||"):
                break
            self.at += 2
        return HasValue(chain, tuple(values), self._parse_depth_option())

    def _parse_subquery(self, depth: int) -> ValueTest:
        condition = self.group(depth)
        self.blank()
        if self.at < len(self.source) and not self.source.startswith(("|", "]]"), self.at):
            raise self.unexpected("ask_value_end")
        return SubqueryValue(condition)

    def _parse_value(self) -> ValueTest:
        begin = self.at
        self.count()
        written = self._read_until(("||", "|", "]]")).strip()
        if written == "+":
            return AnyValue()
        if "".join(written.split()) == "!+":
            return NoValue()
        return _parse_comparison(written, begin, "ask_value_missing")

    def _parse_page_or_category(self) -> Condition:
        written = self._parse_values()
        first, begin = written[0]
        number, local_name = titles.split_namespace(first)
        if number == CATEGORY:
            names = [(local_name, begin), *((_strip_namespace(name, CATEGORY), at) for name, at in written[1:])]
            return _category_condition(names, self._parse_depth_option())
        if self._at_token("|"):
            raise AskProblem("ask_depth_option", {"found": self.source[self.at + 1 : self.at + 20]}, at=self.at)
        if number == CONCEPT and local_name != "+":
            concepts = [InConcept(_require_name(_strip_namespace(name, CONCEPT), at)) for name, at in written]
            return concepts[0] if len(concepts) == 1 else Disjunction(tuple(concepts))
        parts = [_page_condition(name, at) for name, at in written]
        pages = tuple(value for part in parts if isinstance(part, IsPage) for value in part.values)
        others = [part for part in parts if not isinstance(part, IsPage)]
        conditions: list[Condition] = [*([IsPage(pages)] if pages else []), *others]
        return conditions[0] if len(conditions) == 1 else Disjunction(tuple(conditions))


def _parse_comparison(written: str, at: int, missing: str) -> Compare:
    comparator, text = split_comparator(written)
    if text in ("", "**"):
        raise AskProblem(missing, at=at)
    return Compare(comparator, text, at + max(written.find(text.strip("*") or text), 0) if comparator else at)


def _require_name(name: str, at: int) -> str:
    if not name:
        raise AskProblem("ask_page_missing", at=at)
    return name


def _strip_namespace(name: str, number: int) -> str:
    """Strip the namespace, which may be repeated before each name of a list."""
    namespace, local_name = titles.split_namespace(name)
    return local_name if namespace == number else name


def _category_condition(names: list[tuple[str, int]], depth: int) -> Condition:
    """Build the condition for category names; a name with `!` becomes an alternative of its own."""
    plain: list[str] = []
    parts: list[Condition] = []
    for name, at in names:
        name_text = _require_name(name, at)
        if name_text == "+":
            parts.append(InCategory((), False, depth))
        elif name_text.startswith("!"):
            negated = _require_name(name_text[1:].strip(), at)
            parts.append(InCategory(() if negated == "+" else (negated,), True, depth))
        else:
            plain.append(name_text)
    if plain:
        parts.insert(0, InCategory(tuple(plain), False, depth))
    return parts[0] if len(parts) == 1 else Disjunction(tuple(parts))


def _page_condition(written: str, at: int) -> Condition:
    """Parse one item of a list of pages: a page, a whole namespace, or a condition on any property."""
    if written.startswith(ANY_PROPERTY_PREFIXES):
        text = written.removeprefix("~~") if written.startswith("~~") else written
        compare = _parse_comparison(text if text != written else written, at, "ask_page_missing")
        if written.startswith("~~"):
            inner = compare.text if "*" in compare.text or "?" in compare.text else f"*{compare.text}*"
            compare = Compare("~", inner, at)
        return HasValue((), (compare,))
    if written == ":+":
        return InNamespace(0)
    number, local_name = titles.split_namespace(written.removeprefix(":"))
    if number and local_name == "+":
        return InNamespace(number)
    return IsPage((_parse_comparison(written, at, "ask_page_missing"),))
