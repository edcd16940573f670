"""The texts of copies: links among them lead to the copies, links to what stayed behind lead back."""

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
    """A page, and the fields that its copy shall have."""

    page: WikiPage
    fields: PageFields

    @property
    def text(self) -> str:
        """The text of the page."""
        return self.page.source.text or ""


class LinkRewriter:
    """Knows where each title leads now, and where it would lead from a copy. Queries go by hundreds of titles."""

    def __init__(self, copies: Sequence[PageCopy], offers: Collection[str] = ()) -> None:
        """`offers` are the names of the facts that shall name the new place (`branches.Offer.name`)."""
        self.offers = frozenset(offers)
        self.titles = {copy.page.title_key or "": copy.fields.full_title for copy in copies}
        """Full titles of the copies, by the keys of the pages."""
        self.new = {title_key_or_empty(title) for title in self.titles.values()}
        self.found = {copy.page.pk: list(find_title_references(copy.text)) for copy in copies}
        keys: set[str] = set()
        for copy in copies:
            for mention in self.found[copy.page.pk]:
                keys.update(target_keys(mention.title, PageFields.of(copy.page)))
                keys.update(target_keys(mention.title, copy.fields))
        self.names = _names(existing_keys(keys))
        self._follow_redirects()

    def _follow_redirects(self) -> None:
        """A redirect to a page that is copied leads to the copy."""
        leading = WikiPage.objects.filter(redirect_key__in=list(self.titles), title_key__isnull=False)
        for key, goal in leading.values_list("title_key", "redirect_key"):
            self.titles.setdefault(key, self.titles[goal])

    def text_of(self, copy: PageCopy) -> str:
        """The text of a copy."""
        return replace_titles(copy.text, self.found[copy.page.pk], lambda mention: self._title(copy, mention))

    def _title(self, copy: PageCopy, mention: TitleReference) -> str | None:
        """What a mention shall name in the copy; None where it is right as it stands."""
        if not mention.title or (mention.kind == "link" and split_namespace(mention.title)[0]):
            return None
        if mention.kind == "fact":
            return self._value(copy, mention)
        key, near = target_keys(mention.title, PageFields.of(copy.page))
        leads = next((one for one in (near, key) if one in self.names), "")
        if not leads:
            return None
        new_key, new_near = target_keys(mention.title, copy.fields)
        would = next((one for one in (new_near, new_key) if one and (one in self.new or one in self.names)), "")
        wanted = self.titles.get(leads, self.names[leads])
        return None if would == title_key_or_empty(wanted) else wanted

    def _value(self, copy: PageCopy, mention: TitleReference) -> str | None:
        """What a fact shall name: the new place where that was asked for, a copy where its full title is given."""
        key, home = title_key_or_empty(mention.title), copy.page if copy.page.is_place else copy.page.place
        if home is not None and key == home.title_key:
            place = copy.fields.place.full_title if copy.fields.place else copy.fields.full_title
            return place if f"{copy.page.pk} {mention.property}" in self.offers else None
        return self.titles.get(key) if ":" in mention.title else None


def _names(keys: set[str]) -> dict[str, str]:
    """The full titles of pages, by their keys."""
    found: dict[str, str] = {}
    wanted = sorted(keys)
    for start in range(0, len(wanted), ROWS):
        rows = WikiPage.objects.filter(title_key__in=wanted[start : start + ROWS])
        found |= dict(rows.values_list("title_key", "full_title"))
    return found
