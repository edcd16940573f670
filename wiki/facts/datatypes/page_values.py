"""Page: the title of an existing or missing page, or of a part of a page; Kind: the kind of a page."""

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
    """A title: `canonical_value` is its key at root level, `place_key` its key in the page's own place.

    `folded_text` is the title. When the fact is stored, `place_key` becomes its canonical value if that page exists. A
    part of a page follows a `#`. `namespace` is added to titles that have no namespace.
    """

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]], namespace: str = "") -> None:
        self.id, self.names, self.namespace = id_, names, namespace

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a title, with or without `[[ ]]` or a leading colon; `#part` is a part of the page that states it."""
        try:
            title, is_rooted = self._title(raw, context)
            head, _, fragment = title.partition("#")
            tail = f"#{' '.join(fragment.split())}" if fragment.strip() else ""
            root_key = titles.key_of(head) + tail
            place_key = "" if is_rooted else _place_key(head, context, tail)
        except TitleProblem as error:
            params = {str(key): str(value) for key, value in error.params.items()}
            return Value(self.id, raw, problem=problem(error.code, raw, **params))
        except InvalidQueryValue as error:
            return Value(self.id, raw, problem=problem(error.code, raw))
        if len(root_key) > CANONICAL_LIMIT or len(place_key) > CANONICAL_LIMIT:
            return Value(self.id, raw, problem=problem("value_too_long", raw, limit=str(CANONICAL_LIMIT)))
        shown = titles.split_namespace(titles.clean_title(head))[1] + tail
        return Value(self.id, raw, root_key, fold(shown), place_key=place_key)

    def _title(self, raw: str, context: Context) -> tuple[str, bool]:
        """Return the full title that `raw` names, and whether it is looked up at root level only."""
        text = normalize_text(raw)
        bracketed = _BRACKETS.match(text) if text.startswith("[[") else None
        text = bracketed[1].strip() if bracketed else text
        is_rooted = text.startswith(":")
        text = text[1:].strip() if is_rooted else text
        if text.startswith("#"):
            if not context.page:
                raise InvalidQueryValue("page_fragment")
            return context.page + text, True
        if self.namespace and not titles.split_namespace(text)[0]:
            return f"{self.namespace}:{text}", True
        return text, is_rooted

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality by key, order and wildcards on the title.

        `EqualTo` has the key within the place first, if there is one. Raises InvalidQueryValue.
        """
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
        keys = (value.place_key, value.canonical_value) if value.place_key else (value.canonical_value,)
        return text_condition(comparator, EqualTo(keys), value.folded_text, self.names["en"][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the title as written; with the form `short` without its namespace."""
        if value.problem is not None:
            return value.raw
        try:
            title, is_rooted = self._title(value.raw, context)
        except InvalidQueryValue:
            return value.canonical_value
        if form.strip().lower() in ("short", "noprefix"):
            return titles.split_namespace(title)[1]
        needs_colon = is_rooted and form != "-" and context.place_title and not titles.split_namespace(title)[0]
        return f":{title}" if needs_colon else title

    def data(self, value: Value, context: Context) -> object:
        """Return the title; the caller adds whether the page exists."""
        return self.show(value, context, "-")

    def link(self, value: Value, context: Context) -> str:
        """Return "": the caller makes links to pages."""
        return ""


def _place_key(title: str, context: Context, tail: str) -> str:
    """Return the key of `title` within the place of the page, or ""."""
    if not context.place_title or titles.split_namespace(title)[0]:
        return ""
    try:
        return titles.key_of(f"{context.place_title}:{title}") + tail
    except TitleProblem:
        return ""


class KindDatatype:
    """`canonical_value` is the key of a kind of page.

    `keys_by_name` returns the keys by folded name, `name_of` the name of a key in a language.
    """

    id = "_kind"
    names = {"en": ("Kind",), "fr": ("Nature",)}

    def __init__(self, keys_by_name: Callable[[], Mapping[str, str]], name_of: Callable[[str, str], str]) -> None:
        self.keys_by_name, self.name_of = keys_by_name, name_of

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a name of a kind, in French or English, singular or plural."""
        text = normalize_text(raw)
        key = self.keys_by_name().get(fold(text))
        if key is None:
            known = ", ".join(
                sorted(self.name_of(other_key, context.language) for other_key in set(self.keys_by_name().values()))
            )
            return Value(self.id, raw, problem=problem("kind_unknown", text, kind=text[:QUOTED], known=known))
        return Value(self.id, raw, key, fold(self.name_of(key, context.language)))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality by key, order and wildcards on the name. Raises InvalidQueryValue."""
        if comparator in ("", "!"):
            value = self.parse(text, context)
            if value.problem is not None:
                raise InvalidQueryValue(value.problem.code, **value.problem.params)
            return text_condition(comparator, EqualTo((value.canonical_value,)), text, "Kind")
        return text_condition(comparator, EqualTo(()), normalize_text(text), "Kind")

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the name in the reader's language; with `-` the key."""
        return value.canonical_value if form == "-" else self.name_of(value.canonical_value, context.language)

    def data(self, value: Value, context: Context) -> object:
        """Return the name."""
        return self.show(value, context)

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""
