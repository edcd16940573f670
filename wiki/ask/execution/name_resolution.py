"""Resolves the names in a query: properties with their subproperties, titles with their redirects, categories.

Everything goes through the permission filter: a declaration or a subcategory on a page that the
user may not read does not count. Declarations are always the current ones; titles, redirects and subcategories are
those of the moment of the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet

from wiki.ask.language.query_ast import HIERARCHY_DEPTH
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes import kind_names
from wiki.facts.models import Property
from wiki.facts.property_declarations import declaration_of, load_properties
from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.facts.values import Declaration
from wiki.pages.array_lookup import column_in
from wiki.text import titles
from wiki.text.titles import TitleProblem, fold

SUBORDINATE = ("_SUBP", "_SUBC", "_SKEY")
"""Keys of the special properties that most queries look through: subproperties, subcategories, sort keys."""
PageFilter = Callable[[], "QuerySet[Any]"]


class NameResolver:
    """Resolves the names in one query; each is loaded once."""

    def __init__(self, readable_pages: PageFilter, facts_of_pages: PageFilter) -> None:
        """`facts_of_pages` returns the facts of readable pages, annotated with the title keys of these."""
        self.readable_pages, self._facts_of_pages = readable_pages, facts_of_pages
        self._declarations: dict[str, Declaration] = {}
        self._rows: dict[str, dict[int, str]] = {}
        self._special: dict[str, int] | None = None
        self._subproperties: dict[str, set[str]] = {}
        self._synonyms: dict[str, tuple[str, ...]] = {}
        self.title_keys: set[str] = set()
        """Title keys of pages whose creation, deletion or redirect would change the result."""
        self.followed_properties: set[str] = set()
        """Keys of properties whose values are followed to the pages that they name, existing or not.

        All titles that the values name would be too many to list; a change of a title is compared with the values.
        """
        self.used_properties: set[str] = set()
        """Keys of special properties that the query uses without a name, such as the sort key."""
        self.subobjects: set[str] = set()
        """Subobjects (`key#fragment`) that the query looks up by name, whether they exist or not."""

    def property_keys(self) -> frozenset[str]:
        """Return the keys of the properties in the query, of their redirect targets and of their subproperties."""
        subproperties = {key for rows in self._rows.values() for key in rows.values()}
        resolved = {declaration.key for declaration in self._declarations.values()}
        return frozenset(self._declarations) | resolved | frozenset(self._rows) | subproperties | self.used_properties

    # --- Properties -------------------------------------------------------------------------------
    def declaration_named(self, name: str) -> Declaration:
        """Return the declaration of the property with this name. Raises AskProblem."""
        try:
            return self.declaration_for_key(key_of_property(name))
        except TitleProblem as problem:
            raise AskProblem(problem.code, problem.params) from problem

    def declaration_for_key(self, key: str) -> Declaration:
        """Return the declaration of the property with this key."""
        self.load_declarations([key])
        return self._declarations[key]

    def load_declarations(self, keys: Iterable[str]) -> None:
        """Load the declarations of several properties at once."""
        missing = {key for key in keys if key not in self._declarations}
        if not missing:
            return
        properties = load_properties({*missing, *SUBORDINATE} if self._special is None else missing, with_synonyms=True)
        if self._special is None:
            self._special = {key: properties[key].pk for key in SUBORDINATE if key in properties}
        for key in missing:
            self._declarations[key] = declaration_of(key, properties)
            self._rows[key] = {row.pk: row.key for row in properties.values() if key in (row.key, _target(row))}

    def special_property(self, key: str) -> int | None:
        """Return the primary key of one of the properties SUBORDINATE; None while no page states it."""
        if self._special is None:
            self.load_declarations([key])
        return (self._special or {}).get(key)

    def property_rows(self, key: str, depth: int = HIERARCHY_DEPTH) -> dict[int, str]:
        """Return the properties whose facts also count as facts of this one, `key` by primary key.

        They are its synonyms (names that redirect to it) and `depth` levels of subproperties.
        """
        level, seen = {key}, {key}
        found: dict[int, str] = {}
        while level:
            self._load_rows(level)
            for property_key in level:
                found.update(self._rows[property_key])
            if not depth:
                break
            self._load_subproperties(level)
            level = {child for property_key in level for child in self._subproperties[property_key]} - seen
            seen |= level
            depth -= 1
        return found

    def follow(self, key: str, rows: dict[int, str]) -> None:
        """Depend on the titles and redirects that the values of a property name; `rows` are its `property_rows`."""
        self.followed_properties.update({key, *rows.values()})

    def property_page_keys(self, key: str, depth: int) -> set[str]:
        """Return the title keys of the pages of a property and of its subproperties."""
        keys = {key, *self.property_rows(key, depth).values()}
        return {page for property_key in keys for page in self._page_keys(property_key)}

    def _load_rows(self, keys: set[str]) -> None:
        self.load_declarations(keys)

    def _load_subproperties(self, keys: set[str]) -> None:
        missing = keys - self._subproperties.keys()
        for key in missing:
            self._subproperties[key] = set()
        keys_by_page = {page: key for key in missing for page in self._page_keys(key)}
        self.title_keys.update(keys_by_page)
        for parent, child in self._values_and_pages("_SUBP", keys_by_page):
            self.title_keys.add(child)
            try:
                self._subproperties[keys_by_page[parent]].add(key_of_property(child))
            except TitleProblem:
                continue

    def _page_keys(self, key: str) -> list[str]:
        """Return the title keys by which the page of a property is named."""
        names = list(self._rows.get(key, {}).values()) or [key]
        special = SPECIAL.get(key)
        if special is not None:
            names = list(special.all_names)
        return [titles.key_of(f"Property:{name}") for name in names]

    def _values_and_pages(self, key: str, values: Iterable[str]) -> list[tuple[str, str]]:
        """Return pairs of value and title key for the pages that have one of the values for a special property."""
        special_property = self.special_property(key)
        if special_property is None:
            return []
        facts = self._facts_of_pages().filter(property=special_property, canonical_value__in=list(values))
        return [(value, page or "") for value, page in facts.values_list("canonical_value", "page_title_key")]

    # --- Titles and categories --------------------------------------------------------------------
    def subobject_dependencies(self) -> set[tuple[str, str]]:
        """Return dependencies on the existence of `subobjects`, as pairs of property key and value."""
        return {("_SOBJ", subobject) for subobject in self.subobjects}

    def synonyms(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """Return the canonical values by which facts may name the page that `values` name.

        The first value that exists counts (the title within the place comes before the one at the root), else the
        last; it is followed by the page that it redirects to and by the redirects to either. A `#fragment` stays.
        """
        title_keys = [value.partition("#")[0] for value in values]
        self.title_keys.update(title_keys)
        pages = dict(self.readable_pages().filter(title_key__in=title_keys).values_list("title_key", "redirect_key"))
        chosen = next(
            (value for value, title_key in zip(values, title_keys, strict=True) if title_key in pages), values[-1]
        )
        title_key, separator, fragment = chosen.partition("#")
        return tuple(
            f"{name}{separator}{fragment}" for name in self._with_redirects(title_key, pages.get(title_key, ""))
        )

    def resolve_redirect(self, key: str) -> str:
        """Return the title key that a page redirects to, or its own."""
        self.title_keys.add(key)
        found = self.readable_pages().filter(title_key=key).values_list("redirect_key", flat=True).first()
        self.title_keys.add(found or key)
        return found or key

    def _with_redirects(self, key: str, target: str) -> list[str]:
        if key not in self._synonyms:
            destination = target or key
            self.title_keys.add(destination)
            redirects = self.readable_pages().filter(redirect_key__gt="", redirect_key=destination)
            others = sorted(redirects.values_list("title_key", flat=True))
            self._synonyms[key] = tuple(dict.fromkeys([key, destination, *others]))
        return list(self._synonyms[key])

    def _redirects_to(self, keys: set[str]) -> set[str]:
        """Return the title keys of the pages that redirect to one of `keys`."""
        redirects = self.readable_pages().filter(column_in("redirect_key", keys), redirect_key__gt="")
        return set(redirects.values_list("title_key", flat=True))

    def categories(self, names: Iterable[str], depth: int) -> tuple[set[str], set[str]]:
        """Return title keys of categories, redirects and subcategories, and keys of page kinds with these names."""
        found: set[str] = set()
        kinds = set()
        for name in names:
            try:
                found.update(self.synonyms((titles.key_of(f"Category:{name}"),)))
            except TitleProblem as problem:
                raise AskProblem(problem.code, problem.params) from problem
            kind = kind_names.NAMES.keys_by_name().get(fold(name.strip()))
            kinds.update([kind] if kind else [])
        level = found
        for _ in range(depth):
            level = {child for _, child in self._values_and_pages("_SUBC", level)} - found
            self.title_keys |= level
            if not level:
                break
            level |= self._redirects_to(level)
            found = found | level
        return found, kinds


def _target(row: Property) -> str:
    """Return the key of the property that a property redirects to; "" for none."""
    return row.redirects_to.key if row.redirects_to else ""
