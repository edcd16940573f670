"""Rewriting of titles in copied texts: those of copied pages become those of the copies, others lead where they led."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering.link_table import existing_keys, target_keys
from wiki.text import titles
from wiki.text.title_rewriting import TitleReference, find_title_references, replace_titles
from wiki.text.titles import split_namespace

ROWS = 500


@dataclass(frozen=True, slots=True)
class CopiedText:
    """A text of one page that is to be written in another."""

    text: str
    old: PageFields
    new: PageFields
    rewritten_facts: Collection[str] = ()
    """Names of the properties whose values name the new place where they named the old one."""


class LinkRewriter:
    """Rewrites the titles in copied texts. Loads the targets of all titles at once, ROWS per query."""

    def __init__(
        self, copies: Sequence[CopiedText], copy_titles: Mapping[str, str], rewritten_conditions: Collection[str] = ()
    ) -> None:
        """`copy_titles`: full titles of the copies, by the title keys of the copied pages.

        `rewritten_conditions`: names of the properties by which queries look for the new place instead of the old one.
        """
        self._copies, self._conditions = copies, frozenset(rewritten_conditions)
        self._copy_titles = dict(copy_titles)
        self._copy_keys = {titles.key_or_empty(title) for title in self._copy_titles.values()}
        self._references = [list(find_title_references(copy.text)) for copy in copies]
        keys: set[str] = set()
        for copy, references in zip(copies, self._references, strict=True):
            for reference in references:
                keys.update(target_keys(reference.title, copy.old))
                keys.update(target_keys(reference.title, copy.new))
        self._existing_titles = _load_titles(existing_keys(keys))
        self._follow_redirects(keys)

    def _follow_redirects(self, keys: Collection[str]) -> None:
        """Map redirects to a copied page to the copy."""
        sorted_keys = sorted(keys)
        for start in range(0, len(sorted_keys), ROWS):
            redirects = WikiPage.objects.filter(title_key__in=sorted_keys[start : start + ROWS], redirect_key__gt="")
            for key, target in redirects.values_list("title_key", "redirect_key"):
                if target in self._copy_titles:
                    self._copy_titles.setdefault(key, self._copy_titles[target])

    def texts(self) -> list[str]:
        """Return the text of each copy."""
        return [
            replace_titles(copy.text, references, lambda reference, copy=copy: self._new_title(copy, reference))  # type: ignore[misc]
            for copy, references in zip(self._copies, self._references, strict=True)
        ]

    def _new_title(self, copy: CopiedText, reference: TitleReference) -> str | None:
        """Return the title to write in the copy instead of a reference; None to leave it unchanged."""
        if not reference.title or (reference.kind != "address" and split_namespace(reference.title)[0]):
            return None
        if reference.property:
            return self._new_value(copy, reference)
        root_key, place_key = target_keys(reference.title, copy.old)
        known = self._copy_titles.keys() | self._existing_titles.keys()
        current_key = next((candidate for candidate in (place_key, root_key) if candidate in known), "")
        if not current_key:
            return None
        new_root_key, new_place_key = target_keys(reference.title, copy.new)
        new_target_key = next(
            (
                candidate
                for candidate in (new_place_key, new_root_key)
                if candidate and (candidate in self._copy_keys or candidate in self._existing_titles)
            ),
            "",
        )
        full_title = self._copy_titles.get(current_key) or self._existing_titles[current_key]
        return None if new_target_key == titles.key_or_empty(full_title) else full_title

    def _new_value(self, copy: CopiedText, reference: TitleReference) -> str | None:
        """Return the value to write for a property; None to leave it unchanged.

        The old place becomes the new one if the property was chosen; the full title of a copied page that of its copy.
        """
        key = titles.key_or_empty(reference.title)
        if copy.old.place_title and key == titles.key_or_empty(copy.old.place_title):
            chosen = self._conditions if reference.kind == "condition" else copy.rewritten_facts
            return (copy.new.place_title or copy.new.full_title) if reference.property in chosen else None
        return self._copy_titles.get(key) if ":" in reference.title else None


def _load_titles(keys: set[str]) -> dict[str, str]:
    """Return {title key: full title} of existing pages."""
    titles: dict[str, str] = {}
    sorted_keys = sorted(keys)
    for start in range(0, len(sorted_keys), ROWS):
        rows = WikiPage.objects.filter(title_key__in=sorted_keys[start : start + ROWS])
        titles |= dict(rows.values_list("title_key", "full_title"))
    return titles
