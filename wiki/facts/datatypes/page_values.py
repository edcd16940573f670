"""Page: the title of a page of this wiki, there or not, or of a part of one; Kind: what a page is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.texts import normalize_text, text_condition
from wiki.facts.value_conditions import EqualTo, MatchesWildcard, NotMatching, ValueCondition
from wiki.facts.value_problems import QUOTED, problem
from wiki.facts.values import CANONICAL_LIMIT, Context, Value
from wiki.text import titles
from wiki.text.titles import TitleProblem, fold

_BRACKETS = re.compile(r"\[\[:?([^\[\]|]*)(?:\|[^\[\]]*)?\]\]\Z")


class Page:
    """`word` is the title key read from the commons, `near` the key within the page's own place, `fold` the title.

    Whoever stores makes `near` the word where that page exists. A part of a page follows a `#`.
    `space` is the namespace that a title without one has.
    """

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]], space: str = "") -> None:
        self.id, self.names, self.namespace = id_, names, space

    def parse(self, raw: str, context: Context) -> Value:
        """A title, with `[[ ]]` or a leading colon around it or not; `#part` is one of the page itself."""
        try:
            title, rooted = self._title(raw, context)
            head, _, fragment = title.partition("#")
            tail = f"#{' '.join(fragment.split())}" if fragment.strip() else ""
            word = titles.key_of(head) + tail
            near = "" if rooted else _near(head, context, tail)
        except TitleProblem as refusal:
            params = {str(key): str(words) for key, words in refusal.params.items()}
            return Value(self.id, raw, problem=problem(refusal.code, raw, **params))
        except InvalidQueryValue as refusal:
            return Value(self.id, raw, problem=problem(refusal.code, raw))
        if len(word) > CANONICAL_LIMIT or len(near) > CANONICAL_LIMIT:
            return Value(self.id, raw, problem=problem("value_too_long", raw, limit=str(CANONICAL_LIMIT)))
        shown = titles.split_namespace(titles.clean_title(head))[1] + tail
        return Value(self.id, raw, word, fold(shown), place_key=near)

    def _title(self, raw: str, context: Context) -> tuple[str, bool]:
        """The full title that `raw` names, and whether it is read from the commons alone."""
        text = normalize_text(raw)
        bracketed = _BRACKETS.match(text) if text.startswith("[[") else None
        text = bracketed[1].strip() if bracketed else text
        rooted = text.startswith(":")
        text = text[1:].strip() if rooted else text
        if text.startswith("#"):
            if not context.page:
                raise InvalidQueryValue("page_fragment")
            return context.page + text, True
        if self.namespace and not titles.split_namespace(text)[0]:
            return f"{self.namespace}:{text}", True
        return text, rooted

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Equality by key: `Same` has the near key first, where there is one; order and wildcards on the title."""
        if comparator in ("~", "!~"):
            pattern = normalize_text(text).removeprefix(":")
            prefix, colon, rest = pattern.partition(":")
            if colon and titles.namespace_number(prefix) is not None:
                pattern = rest.strip()
            like = MatchesWildcard(fold(pattern.replace("_", " ")))
            return like if comparator == "~" else NotMatching(like)
        value = self.parse(text, context)
        if value.problem is not None:
            raise InvalidQueryValue(value.problem.code, **value.problem.params)
        words = (value.place_key, value.canonical_value) if value.place_key else (value.canonical_value,)
        return text_condition(comparator, EqualTo(words), value.folded_text, self.names["en"][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The title as written; with the form `short` without its namespace."""
        if value.problem is not None:
            return value.raw
        try:
            title, rooted = self._title(value.raw, context)
        except InvalidQueryValue:
            return value.canonical_value
        if form.strip().lower() in ("short", "noprefix"):
            return titles.split_namespace(title)[1]
        colon = rooted and form != "-" and context.place_title and not titles.split_namespace(title)[0]
        return f":{title}" if colon else title

    def data(self, value: Value, context: Context) -> object:
        """The title; whoever knows whether the page exists says more."""
        return self.show(value, context, "-")

    def link(self, value: Value, context: Context) -> str:
        """Pages are linked by whoever shows them."""
        return ""


def _near(title: str, context: Context, tail: str) -> str:
    """The key of `title` within the place of the page, or ""."""
    if not context.place_title or titles.split_namespace(title)[0]:
        return ""
    try:
        return titles.key_of(f"{context.place_title}:{title}") + tail
    except TitleProblem:
        return ""


class KindDatatype:
    """`word` is the key of a kind of page; `known` gives the keys by folded name, `called` the name of a key."""

    id = "_kind"
    names = {"en": ("Kind",), "fr": ("Nature",)}

    def __init__(self, known: Callable[[], Mapping[str, str]], called: Callable[[str, str], str]) -> None:
        self.keys_by_name, self.name_of = known, called

    def parse(self, raw: str, context: Context) -> Value:
        """Any name of a kind, in French or English, one or many."""
        text = normalize_text(raw)
        key = self.keys_by_name().get(fold(text))
        if key is None:
            known = ", ".join(sorted(self.name_of(one, context.language) for one in set(self.keys_by_name().values())))
            return Value(self.id, raw, problem=problem("kind_unknown", text, kind=text[:QUOTED], known=known))
        return Value(self.id, raw, key, fold(self.name_of(key, context.language)))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Equality by key, order and wildcards on the name."""
        if comparator in ("", "!"):
            value = self.parse(text, context)
            if value.problem is not None:
                raise InvalidQueryValue(value.problem.code, **value.problem.params)
            return text_condition(comparator, EqualTo((value.canonical_value,)), text, "Kind")
        return text_condition(comparator, EqualTo(()), normalize_text(text), "Kind")

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The name in the reader's language; with `-` the key."""
        return value.canonical_value if form == "-" else self.name_of(value.canonical_value, context.language)

    def data(self, value: Value, context: Context) -> object:
        """The name."""
        return self.show(value, context)

    def link(self, value: Value, context: Context) -> str:
        """Nowhere."""
        return ""
