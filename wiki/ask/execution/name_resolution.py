"""What a question's names mean: properties with those that refine them, titles with their redirects, categories.

Everything is read through the gate: a declaration or a subcategory on a page that the reader may
not read does not count. Declarations are those of today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from wiki.ask.language.query_ast import HIERARCHY_DEPTH
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes import kind_names
from wiki.facts.models import Fact, Property
from wiki.facts.property_declarations import declarations_for
from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.facts.values import Declaration
from wiki.pages.models import WikiPage
from wiki.text import titles
from wiki.text.titles import TitleProblem, fold

PageFilter = Callable[[], "QuerySet[WikiPage]"]


class NameResolver:
    """The meanings of the names in one question, each read once."""

    def __init__(self, gate: PageFilter) -> None:
        self.readable_pages = gate
        self._declared: dict[str, Declaration] = {}
        self._rows: dict[str, dict[int, str]] = {}
        self._children: dict[str, set[str]] = {}
        self._synonyms: dict[str, tuple[str, ...]] = {}
        self.title_keys: set[str] = set()
        """Title keys of pages whose coming, going or redirect changes the answer."""
        self.subobjects: set[str] = set()
        """Subobjects (`key#fragment`) that the query looks for by name, whether they exist or not."""

    def property_keys(self) -> frozenset[str]:
        """Keys of the properties that were asked for, as written, as they are now, and those that refine them."""
        finer = {key for rows in self._rows.values() for key in rows.values()}
        declared = {declaration.key for declaration in self._declared.values()}
        return frozenset(self._declared) | declared | frozenset(self._rows) | finer

    # --- Properties -------------------------------------------------------------------------------
    def declaration_named(self, name: str) -> Declaration:
        """What the property of that name declares. Raises AskProblem."""
        try:
            return self.declaration_for_key(key_of_property(name))
        except TitleProblem as problem:
            raise AskProblem(problem.code, problem.params) from problem

    def declaration_for_key(self, key: str) -> Declaration:
        """What the property of that key declares."""
        self.load_declarations([key])
        return self._declared[key]

    def load_declarations(self, keys: Iterable[str]) -> None:
        """Read the declarations of some properties at once."""
        missing = {key for key in keys if key not in self._declared}
        if missing:
            self._declared.update(declarations_for(missing))

    def property_rows(self, key: str, depth: int = HIERARCHY_DEPTH) -> dict[int, str]:
        """Rows of `Property` whose facts are also this property's, with their keys: older names, finer properties."""
        level, seen = {key}, {key}
        found: dict[int, str] = {}
        while level:
            self._read_rows(level)
            for one in level:
                found.update(self._rows[one])
            if not depth:
                break
            self._read_children(level)
            level = {child for one in level for child in self._children[one]} - seen
            seen |= level
            depth -= 1
        return found

    def property_page_keys(self, key: str, depth: int) -> set[str]:
        """Title keys of the pages of a property and of those that refine it."""
        keys = {key, *self.property_rows(key, depth).values()}
        return {page for one in keys for page in self._pages_of(one)}

    def _read_rows(self, keys: set[str]) -> None:
        missing = keys - self._rows.keys()
        if not missing:
            return
        for key in missing:
            self._rows[key] = {}
        of = Property.objects.filter(Q(key__in=missing) | Q(redirects_to__key__in=missing))
        for pk, key, redirects_to in of.values_list("pk", "key", "redirects_to__key"):
            for one in {key, redirects_to} & missing:
                self._rows[one][pk] = key

    def _read_children(self, keys: set[str]) -> None:
        missing = keys - self._children.keys()
        for key in missing:
            self._children[key] = set()
        words = {word: key for key in missing for word in self._pages_of(key)}
        for parent, child in self._said_of("_SUBP", words):
            try:
                self._children[words[parent]].add(key_of_property(child))
            except TitleProblem:
                continue

    def _pages_of(self, key: str) -> list[str]:
        """Title keys by which the pages of a property are named."""
        names = list(self._rows.get(key, {}).values()) or [key]
        special = SPECIAL.get(key)
        if special is not None:
            names = [special.names["en"], special.names["fr"]]
        return [titles.key_of(f"Property:{name}") for name in names]

    def _said_of(self, key: str, words: Iterable[str]) -> list[tuple[str, str]]:
        """Values and title keys of the pages that have one of these values of a special property."""
        said = Fact.objects.filter(
            Exists(self.readable_pages().filter(pk=OuterRef("page"))),
            property__key=key, removed_in=None, problem__isnull=True, canonical_value__in=list(words), subject__fragment="",
        )  # fmt: skip
        return [(word, page or "") for word, page in said.values_list("canonical_value", "page__title_key")]

    # --- Titles and categories --------------------------------------------------------------------
    def subobject_dependencies(self) -> set[tuple[str, str]]:
        """Dependencies on the existence of the subobjects in `subobjects`, as pairs of property key and value."""
        return {("_SOBJ", word) for word in self.subobjects}

    def synonyms(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The words by which facts may name what `words` names.

        The first one that exists counts (near titles come before far ones), else the last; then the
        redirects to it, or the page that it redirects to. A `#fragment` stays.
        """
        heads = [word.partition("#")[0] for word in words]
        self.title_keys.update(heads)
        pages = dict(self.readable_pages().filter(title_key__in=heads).values_list("title_key", "redirect_key"))
        chosen = next((word for word, head in zip(words, heads, strict=True) if head in pages), words[-1])
        head, mark, fragment = chosen.partition("#")
        return tuple(f"{one}{mark}{fragment}" for one in self._redirected(head, pages.get(head, "")))

    def resolve_redirect(self, key: str) -> str:
        """The title key of the page itself, or of the one that it redirects to."""
        self.title_keys.add(key)
        found = self.readable_pages().filter(title_key=key).values_list("redirect_key", flat=True).first()
        return found or key

    def _redirected(self, key: str, target: str) -> list[str]:
        if key not in self._synonyms:
            end = target or key
            others = (
                self.readable_pages().filter(redirect_key__gt="", redirect_key=end).values_list("title_key", flat=True)
            )
            self._synonyms[key] = tuple(dict.fromkeys([key, end, *sorted(others)]))
        return list(self._synonyms[key])

    def categories(self, names: Iterable[str], depth: int) -> tuple[set[str], set[str]]:
        """Title keys of categories, their redirects and subcategories; keys of kinds that are called so."""
        found: set[str] = set()
        own_kinds = set()
        for name in names:
            try:
                found.update(self.synonyms((titles.key_of(f"Category:{name}"),)))
            except TitleProblem as problem:
                raise AskProblem(problem.code, problem.params) from problem
            kind = kind_names.NAMES.keys_by_name().get(fold(name.strip()))
            own_kinds.update([kind] if kind else [])
        level = found
        for _ in range(depth):
            level = {child for _, child in self._said_of("_SUBC", level)} - found
            if not level:
                break
            found = found | level
        return found, own_kinds
