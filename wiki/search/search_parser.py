"""Parser of the query language of searches. It never fails: invalid parts are ignored with a warning.

    words          all of them, in any form        "a phrase"   «a phrase»
    prefix*        word~ (a letter or two off)     title:word   kind:place   after:2020
    a OR b         a AND b    NOT a    -a          (a OR b) c

Operators are written in capitals, in English or French (ET, OU, SAUF); a query all in capitals has no operators.
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
"""Most characters of a query; the rest is ignored."""
MAX_TERMS = 32
"""Most terms and field filters of a query."""
MAX_DEPTH = 8
"""Most levels of nested parentheses."""
MAX_FUZZY_TERMS = 3
"""Most fuzzy terms of a query: each scans a part of the index's dictionary."""
MIN_PREFIX_LENGTH = 2
"""Fewest letters or digits of a prefix term."""
OPERATORS = {"AND": "and", "ET": "and", "OR": "or", "OU": "or", "NOT": "not", "SAUF": "not"}
_TOKEN = re.compile(
    r'\s*(?:(?P<parenthesis>[()])|(?P<minus>-)(?=[^\s)-])|(?P<open>["«“„])|(?P<word>[^\s()"«»“”„]+)|.)', re.DOTALL
)
_CLOSE = {'"': '"', "«": "»", "“": "”", "„": "“"}
_FIELD = re.compile(r"([^\W\d_]+):", re.UNICODE)


@dataclass(slots=True)
class Token:
    """A token of the query text: `kind` is `(`, `)`, `-`, `and`, `or`, `not`, `word` or `quote`."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class ParsedQuery:
    """A parsed query; `tree` is None when it is empty. `text` is its text, shortened to MAX_LENGTH."""

    text: str
    tree: Node | None
    warnings: list[QueryWarning] = field(default_factory=list)


def parse(text: str) -> ParsedQuery:
    """Parse a query into a tree and warnings about what was ignored."""
    warnings = []
    if len(text) > MAX_LENGTH:
        warnings.append(QueryWarning("long"))
    shortened = text[:MAX_LENGTH].replace("\x00", " ")
    parser = _Parser(_tokens(shortened, warnings), warnings)
    return ParsedQuery(shortened, parser.parse(), list(dict.fromkeys(warnings)))


def _tokens(text: str, warnings: list[QueryWarning]) -> list[Token]:
    """Split a query into tokens; an unclosed quotation mark quotes all the rest."""
    is_all_capitals = text.isupper()
    found: list[Token] = []
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        if match["parenthesis"] or match["minus"]:
            character = match["parenthesis"] or match["minus"]
            found.append(Token(character, character, match.end() - 1, match.end()))
        elif match["open"]:
            close = text.find(_CLOSE[match["open"]], position)
            if close < 0:
                warnings.append(QueryWarning("quote"))
                close = len(text)
            found.append(Token("quote", text[position:close], match.start("open"), close + 1))
            position = close + 1
        elif match["word"]:
            word = match["word"]
            kind = "word" if is_all_capitals else OPERATORS.get(word, "word")
            found.append(Token(kind, word, match.start("word"), match.end("word")))
    return found


class _Parser:
    """Recursive-descent parser; each method consumes the tokens of one rule of the grammar."""

    def __init__(self, tokens: list[Token], warnings: list[QueryWarning]) -> None:
        self.tokens = tokens
        self.warnings = warnings
        self.position = 0
        self.term_count = 0
        self.fuzzy_terms = 0

    def parse(self) -> Node | None:
        """Parse the whole query."""
        parts = []
        while self.position < len(self.tokens):
            part = self._or_expression(0)
            if part is not None:
                parts.append(part)
            if self._accept(")"):
                self.warnings.append(QueryWarning("parenthesis"))
        return _and_node(parts)

    def _peek(self) -> str:
        return self.tokens[self.position].kind if self.position < len(self.tokens) else ""

    def _accept(self, kind: str) -> bool:
        """Consume the next token if it is of kind `kind`; return whether it was."""
        if self._peek() != kind:
            return False
        self.position += 1
        return True

    def _or_expression(self, depth: int) -> Node | None:
        parts = [self._and_expression(depth)]
        while self._accept("or"):
            parts.append(self._and_expression(depth))
        valid = [part for part in parts if part is not None]
        if len(valid) < len(parts) > 1:
            self.warnings.append(QueryWarning("operator", "OR"))
        return valid[0] if len(valid) == 1 else OrNode(tuple(valid)) if valid else None

    def _and_expression(self, depth: int) -> Node | None:
        parts: list[Node] = []
        while self._peek() not in ("", ")", "or"):
            if self._accept("and"):
                if not parts or self._peek() in ("", ")", "or", "and"):
                    self.warnings.append(QueryWarning("operator", "AND"))
                continue
            part = self._unary(depth)
            if part is not None:
                parts.append(part)
        return _and_node(parts)

    def _unary(self, depth: int) -> Node | None:
        """Parse a term, phrase, field filter or group, with its negations."""
        operator = self._peek()
        if self._accept("-") or self._accept("not"):
            if self._peek() in ("", ")", "or", "and", "not", "-"):
                self.warnings.append(QueryWarning("operator", "-" if operator == "-" else "NOT"))
                return None
            part = self._unary(depth)
            return None if part is None else NotNode(part)
        if self._accept("("):
            return self._group(depth + 1)
        token = self.tokens[self.position]
        self.position += 1
        if self.term_count >= MAX_TERMS:
            self.warnings.append(QueryWarning("many"))
            return None
        self.term_count += 1
        return self._phrase(token.text) if token.kind == "quote" else self._word(token)

    def _group(self, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            self.warnings.append(QueryWarning("deep"))
            return None  # the contents are parsed as if the parenthesis were not there
        part = self._or_expression(depth)
        if not self._accept(")"):
            self.warnings.append(QueryWarning("parenthesis"))
        return part

    def _phrase(self, text: str) -> Node | None:
        return Phrase(text.strip()) if any(tokenizer.iter_words(text)) else None

    def _word(self, token: Token) -> Node | None:
        """Parse a word, or a field filter `name:value`."""
        match = _FIELD.match(token.text)
        name = FIELDS.get(titles.fold(match[1])) if match else None
        if match is None or name is None:
            return self._term(token)
        value = token.text[match.end() :]
        following = self.tokens[self.position] if self.position < len(self.tokens) else None
        if not value and following is not None and following.kind == "quote" and following.start == token.end:
            self.position += 1
            if name == TITLE:
                part = self._phrase(following.text)
                return None if part is None else InTitle(part)
            value = following.text.strip()
        if not value:
            self.warnings.append(QueryWarning("field", match[1]))
            return None
        if name == TITLE:
            part = self._term(Token("word", value, token.start + match.end(), token.end))
            return None if part is None else InTitle(part)
        return FieldFilter(name, value)

    def _term(self, token: Token) -> Node | None:
        """Parse a word that may end in `*` (prefix term) or `~` (fuzzy term)."""
        text = token.text
        word = text.replace("*", "").rstrip("~")
        if not any(tokenizer.iter_words(word)):
            return None
        if "*" in text.rstrip("*~"):
            self.warnings.append(QueryWarning("star", text[:60]))
        if "?" in text.strip("?") and "/" not in text:
            self.warnings.append(QueryWarning("question_mark", text[:60]))
        if text.endswith("*"):
            if sum(character.isalnum() for character in word) >= MIN_PREFIX_LENGTH:
                return PrefixTerm(word)
            self.warnings.append(QueryWarning("short", text))
        if text.endswith("~"):
            self.fuzzy_terms += 1
            if self.fuzzy_terms <= MAX_FUZZY_TERMS:
                return FuzzyTerm(word)
            self.warnings.append(QueryWarning("likenesses"))
        return Term(word, token.start, token.end)


def _and_node(parts: list[Node]) -> Node | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return AndNode(tuple(parts))
