"""Rewriting of links in forked texts: links among the copies lead to the copies, others to the same page as before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wiki.forks.subtree import title_key_or_empty
from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering.link_table import existing_keys, target_keys
from wiki.text.title_rewriting import TitleReference, find_title_references, replace_titles
from wiki.text.titles import split_namespace

ROWS = 500


@dataclass(frozen=True, slots=True)
class PageCopy:
    """A page, and the fields of its copy."""

    page: WikiPage
    fields: PageFields

    @property
    def text(self) -> str:
        """The text of the page."""
        return self.page.source.text or ""


class LinkRewriter:
    """Rewrites the titles in forked texts. Loads the targets of all titles at once, ROWS per query."""

    def __init__(self, copies: Sequence[PageCopy], rewritten_facts: Collection[str] = ()) -> None:
        """`rewritten_facts`: the facts that will name the new place (`FactRewriteOption.form_value`)."""
        self._rewritten_facts = frozenset(rewritten_facts)
        self._copy_titles = {copy.page.title_key or "": copy.fields.full_title for copy in copies}
        """Full titles of the copies, by the title keys of the original pages."""
        self._copy_keys = {title_key_or_empty(title) for title in self._copy_titles.values()}
        self._references = {copy.page.pk: list(find_title_references(copy.text)) for copy in copies}
        keys: set[str] = set()
        for copy in copies:
            for reference in self._references[copy.page.pk]:
                keys.update(target_keys(reference.title, PageFields.of(copy.page)))
                keys.update(target_keys(reference.title, copy.fields))
        self._existing_titles = _load_titles(existing_keys(keys))
        self._follow_redirects()

    def _follow_redirects(self) -> None:
        """Map redirects to a copied page to the copy."""
        redirects = WikiPage.objects.filter(redirect_key__in=list(self._copy_titles), title_key__isnull=False)
        for key, target in redirects.values_list("title_key", "redirect_key"):
            self._copy_titles.setdefault(key, self._copy_titles[target])

    def text_of(self, copy: PageCopy) -> str:
        """Return the text of a copy."""
        return replace_titles(
            copy.text, self._references[copy.page.pk], lambda reference: self._new_title(copy, reference)
        )

    def _new_title(self, copy: PageCopy, reference: TitleReference) -> str | None:
        """Return the title to write in the copy instead of a reference; None to leave it unchanged."""
        if not reference.title or (reference.kind == "link" and split_namespace(reference.title)[0]):
            return None
        if reference.kind == "fact":
            return self._new_fact_value(copy, reference)
        root_key, place_key = target_keys(reference.title, PageFields.of(copy.page))
        current_key = next((candidate for candidate in (place_key, root_key) if candidate in self._existing_titles), "")
        if not current_key:
            return None
        new_root_key, new_place_key = target_keys(reference.title, copy.fields)
        new_target_key = next(
            (
                candidate
                for candidate in (new_place_key, new_root_key)
                if candidate and (candidate in self._copy_keys or candidate in self._existing_titles)
            ),
            "",
        )
        full_title = self._copy_titles.get(current_key, self._existing_titles[current_key])
        return None if new_target_key == title_key_or_empty(full_title) else full_title

    def _new_fact_value(self, copy: PageCopy, reference: TitleReference) -> str | None:
        """Return the value to write for a fact; None to leave it unchanged.

        The old place becomes the new one if the fact was chosen; the full title of a copied page that of its copy.
        """
        key, place_page = title_key_or_empty(reference.title), copy.page if copy.page.is_place else copy.page.place
        if place_page is not None and key == place_page.title_key:
            place = copy.fields.place.full_title if copy.fields.place else copy.fields.full_title
            return place if f"{copy.page.pk} {reference.property}" in self._rewritten_facts else None
        return self._copy_titles.get(key) if ":" in reference.title else None


def _load_titles(keys: set[str]) -> dict[str, str]:
    """Return {title key: full title} of existing pages."""
    titles: dict[str, str] = {}
    sorted_keys = sorted(keys)
    for start in range(0, len(sorted_keys), ROWS):
        rows = WikiPage.objects.filter(title_key__in=sorted_keys[start : start + ROWS])
        titles |= dict(rows.values_list("title_key", "full_title"))
    return titles
