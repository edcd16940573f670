"""The conditions of a question, `[[…]]` and `<q>…</q>`, to their tree. One pass over the text, no way back."""

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

CATEGORY, CONCEPT = 14, 108
ANY_PROPERTY_PREFIXES = ("~~", "in:", "phrase:", "not:")
"""What begins a condition on all values of whatever property."""

_BLANK = re.compile(r"\s*")
_JOINT = re.compile(r"\|\||OR\b|AND\b")
_MARKS = re.compile(r"\[\[|\]\]|\|\|?|::|<q>|</q>")


def parse_conditions(source: str) -> Condition:
    """The tree of conditions. Raises AskProblem, which says where."""
    reader = _Reader(source)
    if not source.strip():
        raise AskProblem("ask_empty")
    condition = reader.disjunction(0)
    if reader.at < len(source):
        raise reader.unexpected("ask_condition")
    return condition


def parse_chain(written: str, at: int | None = None) -> tuple[ChainLink, ...]:
    """`P.-Q` as steps; a blank before it keeps its dots. Raises AskProblem."""
    names = [written] if written.startswith(" ") else written.split(".")
    steps = []
    for name in names:
        bare = name.strip()
        inverse = bare.startswith("-")
        bare = bare[1:].strip() if inverse else bare
        if not bare:
            raise AskProblem("ask_property_missing", at=at)
        steps.append(ChainLink(bare, inverse))
    if len(steps) > DEPTH_LIMIT:
        raise AskProblem("ask_depth", {"limit": DEPTH_LIMIT}, at=at)
    return tuple(steps)


def nesting_depth(condition: Condition) -> int:
    """How deep properties are nested in a condition."""
    if isinstance(condition, Conjunction | Disjunction):
        return max(nesting_depth(part) for part in condition.parts)
    if isinstance(condition, HasValue):
        inner = [nesting_depth(value.condition) for value in condition.values if isinstance(value, SubqueryValue)]
        return len(condition.chain) + max(inner, default=0)
    return 0


class _Reader:
    """Where we are in the text, and how many conditions there were."""

    def __init__(self, source: str) -> None:
        self.source, self.at, self.size = source, 0, 0
        self.blank()

    def blank(self) -> None:
        """Past blanks."""
        self.at = _BLANK.match(self.source, self.at).end()  # type: ignore[union-attr]

    def unexpected(self, code: str) -> AskProblem:
        """The problem of what stands here."""
        return AskProblem(code, {"found": self.source[self.at : self.at + 20].strip()}, at=self.at)

    def count(self) -> None:
        """One more condition."""
        self.size += 1
        if self.size > SIZE_LIMIT:
            raise AskProblem("ask_size", {"limit": SIZE_LIMIT}, at=self.at)

    def disjunction(self, depth: int) -> Condition:
        """`conj (("OR" | "||") conj)*`, as far as it goes."""
        parts = [self.conjunction(depth)]
        while self.source.startswith(("||", "OR"), self.at):
            self.at += 2
            self.blank()
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else Disjunction(tuple(parts))

    def conjunction(self, depth: int) -> Condition:
        """`atom+`, with or without AND between."""
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
        """`<q>…</q>` or `[[…]]`, and the blanks behind it."""
        if self.source.startswith("<q>", self.at):
            found = self.group(depth)
        elif self.source.startswith("[[", self.at):
            found = self.link(depth)
        else:
            raise self.unexpected("ask_condition")
        self.blank()
        return found

    def group(self, depth: int) -> Condition:
        """`<q>…</q>`, from its beginning past its end."""
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
        """`[[…]]`, from its beginning past its end."""
        begin = self.at
        self.at += 2
        head = self._until(("::", "||", "|", "]]"))
        if self._is("::"):
            self.at += 2
            found = self._property(head, begin + 2, depth)
        else:
            self.at = begin + 2
            found = self._page_or_category()
        if not self._is("]]"):
            raise AskProblem("ask_open", {"what": "[[", "end": "]]"}, at=begin)
        self.at += 2
        if nesting_depth(found) > DEPTH_LIMIT:
            raise AskProblem("ask_depth", {"limit": DEPTH_LIMIT}, at=begin)
        return found

    def _is(self, mark: str) -> bool:
        return self.source.startswith(mark, self.at)

    def _until(self, ends: tuple[str, ...]) -> str:
        """The text as far as one of `ends`, inner `[[…]]` passed over; stops there or at the end of all."""
        begin, inner = self.at, 0
        for mark in _MARKS.finditer(self.source, begin):
            if mark[0] == "[[":
                inner += 1
            elif mark[0] == "]]" and inner:
                inner -= 1
            elif not inner and mark[0] in ends:
                self.at = mark.start()
                return self.source[begin : self.at]
        self.at = len(self.source)
        return self.source[begin:]

    def _values(self) -> list[tuple[str, int]]:
        """`a||b||c` with where each begins, up to `|` or `]]`."""
        found = []
        while True:
            self.blank()
            begin = self.at
            self.count()
            found.append((self._until(("||", "|", "]]")).strip(), begin))
            if not self._is("||"):
                return found
            self.at += 2

    def _depth_option(self) -> int:
        """`|+depth=n`, if it is here."""
        if not self._is("|"):
            return HIERARCHY_DEPTH
        begin = self.at
        self.at += 1
        written = self._until(("]]",)).replace(" ", "")
        number = written.removeprefix("+depth=")
        if number == written or not number.isdecimal() or len(number) > 4:
            raise AskProblem("ask_depth_option", {"found": written[:20]}, at=begin)
        return min(int(number), HIERARCHY_DEPTH)

    # --- What stands between the brackets ---------------------------------------------------------
    def _property(self, head: str, begin: int, depth: int) -> Condition:
        chain = parse_chain(head, at=begin)
        values: list[ValueTest] = []
        while True:
            self.blank()
            values.append(self._subquery(depth) if self._is("<q>") else self._value())
            if not self._is("||"):
                break
            self.at += 2
        return HasValue(chain, tuple(values), self._depth_option())

    def _subquery(self, depth: int) -> ValueTest:
        condition = self.group(depth)
        self.blank()
        if self.at < len(self.source) and not self.source.startswith(("|", "]]"), self.at):
            raise self.unexpected("ask_value_end")
        return SubqueryValue(condition)

    def _value(self) -> ValueTest:
        begin = self.at
        self.count()
        written = self._until(("||", "|", "]]")).strip()
        if written == "+":
            return AnyValue()
        if "".join(written.split()) == "!+":
            return NoValue()
        return _compare(written, begin, "ask_value_missing")

    def _page_or_category(self) -> Condition:
        written = self._values()
        first, begin = written[0]
        number, rest = titles.split_namespace(first)
        if number == CATEGORY:
            names = [(rest, begin), *((_without(name, CATEGORY), at) for name, at in written[1:])]
            return _category(names, self._depth_option())
        if self._is("|"):
            raise AskProblem("ask_depth_option", {"found": self.source[self.at + 1 : self.at + 20]}, at=self.at)
        if number == CONCEPT and rest != "+":
            concepts = [InConcept(_named(_without(name, CONCEPT), at)) for name, at in written]
            return concepts[0] if len(concepts) == 1 else Disjunction(tuple(concepts))
        parts = [_page(name, at) for name, at in written]
        pages = tuple(value for part in parts if isinstance(part, IsPage) for value in part.values)
        others = [part for part in parts if not isinstance(part, IsPage)]
        joined: list[Condition] = [*([IsPage(pages)] if pages else []), *others]
        return joined[0] if len(joined) == 1 else Disjunction(tuple(joined))


def _compare(written: str, at: int, missing: str) -> Compare:
    comparator, text = split_comparator(written)
    if text in ("", "**"):
        raise AskProblem(missing, at=at)
    return Compare(comparator, text, at + max(written.find(text.strip("*") or text), 0) if comparator else at)


def _named(name: str, at: int) -> str:
    if not name:
        raise AskProblem("ask_page_missing", at=at)
    return name


def _without(name: str, number: int) -> str:
    """A further name of a list, whose namespace may be written again."""
    own, rest = titles.split_namespace(name)
    return rest if own == number else name


def _category(names: list[tuple[str, int]], depth: int) -> Condition:
    """Names with `!` are alternatives of their own."""
    plain: list[str] = []
    parts: list[Condition] = []
    for name, at in names:
        bare = _named(name, at)
        if bare == "+":
            parts.append(InCategory((), False, depth))
        elif bare.startswith("!"):
            inner = _named(bare[1:].strip(), at)
            parts.append(InCategory(() if inner == "+" else (inner,), True, depth))
        else:
            plain.append(bare)
    if plain:
        parts.insert(0, InCategory(tuple(plain), False, depth))
    return parts[0] if len(parts) == 1 else Disjunction(tuple(parts))


def _page(written: str, at: int) -> Condition:
    """One page, namespace or wide condition of a list."""
    if written.startswith(ANY_PROPERTY_PREFIXES):
        text = written.removeprefix("~~") if written.startswith("~~") else written
        compare = _compare(text if text != written else written, at, "ask_page_missing")
        if written.startswith("~~"):
            inner = compare.text if "*" in compare.text or "?" in compare.text else f"*{compare.text}*"
            compare = Compare("~", inner, at)
        return HasValue((), (compare,))
    if written == ":+":
        return InNamespace(0)
    number, rest = titles.split_namespace(written.removeprefix(":"))
    if number and rest == "+":
        return InNamespace(number)
    return IsPage((_compare(written, at, "ask_page_missing"),))
