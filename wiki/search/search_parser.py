"""From what a reader typed to a tree. Never fails: what makes no sense is left out, with a note.

    words          all of them, in any form        "a phrase"   «a phrase»
    prefix*        word~ (a letter or two off)     title:word   kind:place   after:2020
    a OR b         a AND b    NOT a    -a          (a OR b) c

Operators are written in capitals, in English or French (ET, OU, SAUF); in a query all in capitals they are words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wiki.search.query_fields import FIELDS, TITLE
from wiki.search.search_ast import (
    AndNode,
    FieldFilter,
    FuzzyTerm,
    InTitle,
    Node,
    NotNode,
    OrNode,
    Phrase,
    PrefixTerm,
    QueryWarning,
    Term,
)
from wiki.text import titles, tokenizer

MAX_LENGTH = 1_000
"""Signs of a query that are read."""
MAX_TERMS = 32
"""Words and conditions that are looked for."""
MAX_DEPTH = 8
"""Parentheses inside each other."""
MAX_FUZZY_TERMS = 3
"""Words of one query that may differ by a letter: each costs a walk through the lexicon."""
MIN_PREFIX_LENGTH = 2
"""Letters that a beginning needs."""
OPERATORS = {"AND": "and", "ET": "and", "OR": "or", "OU": "or", "NOT": "not", "SAUF": "not"}
_TOKEN = re.compile(
    r'\s*(?:(?P<sign>[()])|(?P<minus>-)(?=[^\s)-])|(?P<open>["«“„])|(?P<word>[^\s()"«»“”„]+)|.)', re.DOTALL
)
_CLOSE = {'"': '"', "«": "»", "“": "”", "„": "“"}
_FIELD = re.compile(r"([^\W\d_]+):", re.UNICODE)


@dataclass(slots=True)
class Token:
    """A piece of what was typed: `kind` is `(`, `)`, `-`, `and`, `or`, `not`, `word` or `quote`."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class ParsedQuery:
    """A parsed query. `tree` is None when it asks for nothing."""

    text: str
    tree: Node | None
    warnings: list[QueryWarning] = field(default_factory=list)


def parse(text: str) -> ParsedQuery:
    """The tree of `text`, and what was ignored."""
    notes = []
    if len(text) > MAX_LENGTH:
        notes.append(QueryWarning("long"))
    kept = text[:MAX_LENGTH].replace("\x00", " ")
    parser = _Parser(_tokens(kept, notes), notes)
    return ParsedQuery(kept, parser.read(), list(dict.fromkeys(notes)))


def _tokens(text: str, notes: list[QueryWarning]) -> list[Token]:
    """The pieces in order; a quotation mark that is never closed quotes all the rest."""
    shouted = text.isupper()
    found: list[Token] = []
    at = 0
    while match := _TOKEN.match(text, at):
        at = match.end()
        if match["sign"] or match["minus"]:
            sign = match["sign"] or match["minus"]
            found.append(Token(sign, sign, match.end() - 1, match.end()))
        elif match["open"]:
            close = text.find(_CLOSE[match["open"]], at)
            if close < 0:
                notes.append(QueryWarning("quote"))
                close = len(text)
            found.append(Token("quote", text[at:close], match.start("open"), close + 1))
            at = close + 1
        elif match["word"]:
            word = match["word"]
            kind = "word" if shouted else OPERATORS.get(word, "word")
            found.append(Token(kind, word, match.start("word"), match.end("word")))
    return found


class _Parser:
    """Reads tokens from the left; each method takes what it understands."""

    def __init__(self, tokens: list[Token], notes: list[QueryWarning]) -> None:
        self.tokens = tokens
        self.notes = notes
        self.at = 0
        self.terms = 0
        self.likenesses = 0

    def read(self) -> Node | None:
        """The whole query."""
        parts = []
        while self.at < len(self.tokens):
            part = self._any(0)
            if part is not None:
                parts.append(part)
            if self._take(")"):
                self.notes.append(QueryWarning("parenthesis"))
        return _all(parts)

    def _peek(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def _take(self, kind: str) -> bool:
        """Step over the next token if it is of that kind."""
        if self._peek() != kind:
            return False
        self.at += 1
        return True

    def _any(self, depth: int) -> Node | None:
        parts = [self._every(depth)]
        while self._take("or"):
            parts.append(self._every(depth))
        there = [part for part in parts if part is not None]
        if len(there) < len(parts) > 1:
            self.notes.append(QueryWarning("operator", "OR"))
        return there[0] if len(there) == 1 else OrNode(tuple(there)) if there else None

    def _every(self, depth: int) -> Node | None:
        parts: list[Node] = []
        while self._peek() not in ("", ")", "or"):
            if self._take("and"):
                if not parts or self._peek() in ("", ")", "or", "and"):
                    self.notes.append(QueryWarning("operator", "AND"))
                continue
            part = self._one(depth)
            if part is not None:
                parts.append(part)
        return _all(parts)

    def _one(self, depth: int) -> Node | None:
        """A part with what stands before it."""
        sign = self._peek()
        if self._take("-") or self._take("not"):
            if self._peek() in ("", ")", "or", "and", "not", "-"):
                self.notes.append(QueryWarning("operator", "-" if sign == "-" else "NOT"))
                return None
            part = self._one(depth)
            return None if part is None else NotNode(part)
        if self._take("("):
            return self._group(depth + 1)
        token = self.tokens[self.at]
        self.at += 1
        if self.terms >= MAX_TERMS:
            self.notes.append(QueryWarning("many"))
            return None
        self.terms += 1
        return self._phrase(token.text) if token.kind == "quote" else self._word(token)

    def _group(self, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            self.notes.append(QueryWarning("deep"))
            return None  # what stands within is read as if the sign were not there
        part = self._any(depth)
        if not self._take(")"):
            self.notes.append(QueryWarning("parenthesis"))
        return part

    def _phrase(self, text: str) -> Node | None:
        return Phrase(text.strip()) if any(tokenizer.iter_words(text)) else None

    def _word(self, token: Token) -> Node | None:
        """A word, or a field with its value."""
        match = _FIELD.match(token.text)
        name = FIELDS.get(titles.fold(match[1])) if match else None
        if match is None or name is None:
            return self._bare(token)
        value = token.text[match.end() :]
        following = self.tokens[self.at] if self.at < len(self.tokens) else None
        if not value and following is not None and following.kind == "quote" and following.start == token.end:
            self.at += 1
            if name == TITLE:
                part = self._phrase(following.text)
                return None if part is None else InTitle(part)
            value = following.text.strip()
        if not value:
            self.notes.append(QueryWarning("field", match[1]))
            return None
        if name == TITLE:
            part = self._bare(Token("word", value, token.start + match.end(), token.end))
            return None if part is None else InTitle(part)
        return FieldFilter(name, value)

    def _bare(self, token: Token) -> Node | None:
        """A word with what stands behind it: `*` or `~`."""
        text = token.text
        bare = text.replace("*", "").rstrip("~")
        if not any(tokenizer.iter_words(bare)):
            return None
        if "*" in text.rstrip("*~"):
            self.notes.append(QueryWarning("star", text[:60]))
        if text.endswith("*"):
            if sum(sign.isalnum() for sign in bare) >= MIN_PREFIX_LENGTH:
                return PrefixTerm(bare)
            self.notes.append(QueryWarning("short", text))
        if text.endswith("~"):
            self.likenesses += 1
            if self.likenesses <= MAX_FUZZY_TERMS:
                return FuzzyTerm(bare)
            self.notes.append(QueryWarning("likenesses"))
        return Term(bare, token.start, token.end)


def _all(parts: list[Node]) -> Node | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return AndNode(tuple(parts))
