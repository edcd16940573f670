"""Whom to name, in words ready to copy: for a page, for a place with all its pages, for some words of a page."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from wiki.exchange.archive.exported_page import ExportedPage, absolute_url
from wiki.exchange.archive.readme_files import page_credit, source_credit
from wiki.exchange.archive.ro_crate import picture_credit
from wiki.exchange.models import Origin
from wiki.history import authorship
from wiki.history.authorship import FORKED, PULLED, VersionKey, word_runs
from wiki.history.models import Passage
from wiki.licenses.attribution import AttributionLine, attribution_line
from wiki.pages.media_models import Picture, pictures_by_name, pictures_of
from wiki.pages.models import Fork, PageLink, PageVersion, WikiPage
from wiki.text.passages import folded_words

if TYPE_CHECKING:
    from wiki.pages.models import Reader

ROWS = 500
SELECTION_WORDS_LIMIT = 5_000
"""Words of a selection that are looked for."""


@dataclass(frozen=True, slots=True)
class Credits:
    """Attribution lines: of the texts, of what they were made from, of the pictures."""

    texts: Sequence[AttributionLine]
    sources: Sequence[AttributionLine] = field(default_factory=tuple)
    pictures: Sequence[AttributionLine] = field(default_factory=tuple)

    def _parts(self) -> list[tuple[str, Sequence[AttributionLine]]]:
        """Each kind with what stands before it."""
        told = [("", self.texts), (gettext("From:"), self.sources), (gettext("Pictures:"), self.pictures)]
        return [(label, lines) for label, lines in told if lines]

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join(one for label, lines in self._parts() for one in [label, *(c.text for c in lines)] if one)

    @property
    def markdown(self) -> str:
        """All lines as Markdown, a list where they are several."""
        blocks = []
        for label, lines in self._parts():
            said = [line.markdown if not label and len(lines) == 1 else f"- {line.markdown}" for line in lines]
            blocks.append("\n".join([f"{label}\n", *said] if label else said))
        return "\n\n".join(blocks)

    @property
    def html(self) -> SafeString:
        """All lines as HTML."""
        return format_html_join(
            "\n", "<p>{} {}</p>", ((label, line.html) for label, lines in self._parts() for line in lines)
        )


def of_page(page: WikiPage, language: str) -> Credits:
    """The credits of a page as it is now, through its forks and imports. A few queries."""
    return from_credits_json(page, ExportedPage.of(page).credits(pictures_of(page)), language)


def from_credits_json(page: WikiPage, credits: dict[str, Any], language: str) -> Credits:
    """The same from what `Subject.credits` says. One query, two for a fork."""
    line = page_credit(credits, language)
    bond = Fork.objects.filter(page=page).first()
    if own := _own(page, bond):
        with translation.override(language):
            said = ngettext("%(number)d version since", "%(number)d versions since", own) % {"number": own}
        line = attribution_line(
            credits["title"], credits["authors"], credits["source"], credits["license"], said, language=language
        )
    sources = [source_credit(entry, language) for entry in credits["derived_from"]]
    return Credits([line], sources, [picture_credit(entry, language) for entry in credits["media"]])


def _own(page: WikiPage, bond: Fork | None) -> int:
    """How many versions a fork has of its own."""
    if bond is None:
        return 0
    since = page.versions.filter(claimed_at__gte=bond.made_at).values_list("tags", flat=True)
    return sum(FORKED not in tags for tags in since)


# ---------------------------------------------------------------- some words of a page


def of_selection(page: WikiPage, words: str, language: str) -> Credits:
    """The credit of a passage that is copied: its authors by their words in it, and the version it is from.

    `words` as they were selected; those of no passage are credited as the whole page is. Three queries.
    """
    whole = authorship.authorship_of(page)
    found = [told for told in whole.attribute(_holding(whole.passages, words)) if told.authors]
    counted: dict[str, int] = defaultdict(int)
    for told in found:
        for count, where in word_runs(told.passage):
            counted[whole.owners[where].name] += count
    names = sorted(counted, key=lambda name: (-counted[name], name)) or [share.name for share in whole.shares]
    source = f"{settings.BASE_ADDRESS}{page.get_absolute_url()}?version={page.version}"
    return Credits([attribution_line(page.full_title, names, source, page.license, language=language)])


def _holding(passages: Iterable[Passage], words: str) -> list[Passage]:
    """The passages that a selection goes through; where markup stands between, those that lie in it or it in them."""
    wanted = folded_words(words)[:SELECTION_WORDS_LIMIT]
    if not wanted:
        return []
    told = [(passage, own) for passage in passages if (own := folded_words(passage.text))]
    whole = _spaced(word for _, own in told for word in own)
    said, ends = _spaced(wanted), list(accumulate(len(own) for _, own in told))
    if (at := whole.find(said)) >= 0:
        first = whole.count(" ", 0, at)
        last = first + len(wanted) - 1
        return [told[index][0] for index in range(bisect_right(ends, first), bisect_right(ends, last) + 1)]
    return [passage for passage, own in told if _spaced(own) in said or said in _spaced(own)]


def _spaced(words: Iterable[str]) -> str:
    """Words with a space on each side, so that only whole ones are found."""
    return f" {' '.join(words)} "


# ---------------------------------------------------------------- a place


def of_place(place: WikiPage, user: Reader, language: str) -> Credits:
    """The credits of a place with its pages: one line a licence, with the authors of all its pages by their words.

    A bounded number of queries for each 500 pages, and none for a single page.
    """
    rows = WikiPage.objects.readable_by(user).filter(Q(place=place) | Q(pk=place.pk), redirect_key="")
    by_license: dict[str, list[int]] = defaultdict(list)
    for pk, license in rows.order_by("license", "pk").values_list("pk", "license"):
        by_license[license].append(pk)
    pages = [pk for some in by_license.values() for pk in some]
    words = _words(pages)
    url = settings.BASE_ADDRESS + place.get_absolute_url()
    with translation.override(language):
        lines = [
            attribution_line(_named(place, len(some)), _ranked(words, some), url, license, language=language)
            for license, some in by_license.items()
        ]
    return Credits(lines, _sources(pages, language), _pictures(pages, language))


def _named(place: WikiPage, count: int) -> str:
    """What a line is the credit of."""
    said = ngettext("%(title)s, %(number)d page", "%(title)s, %(number)d pages", count)
    return said % {"title": place.full_title, "number": count}


def _ranked(words: dict[int, dict[str, int]], pages: Iterable[int]) -> list[str]:
    """Names of the authors of some pages, most words first."""
    counted: dict[str, int] = defaultdict(int)
    for page in pages:
        for name, count in words[page].items():
            counted[name] += count
    return sorted(counted, key=lambda name: (-counted[name], name))


def _words(pages: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many living words each author has in each page."""
    counted: dict[tuple[int, VersionKey], int] = defaultdict(int)
    for some in _slices(pages):
        for passage in Passage.objects.filter(page__in=some, removed_in=None).only("page_id", "runs"):
            for count, where in word_runs(passage):
                counted[passage.page_id, where] += count
    names = _names({where for _, where in counted})
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (page, where), count in counted.items():
        for name in names.get(where, ()):
            found[page][name] += count
    return found


def _names(wanted: set[VersionKey]) -> dict[VersionKey, list[str]]:
    """Who wrote what versions brought; for one that brought a page of another site, its authors together."""
    found: dict[VersionKey, list[str]] = {}
    pages = sorted({page for page, _ in wanted})
    for some in _slices(pages):
        bonds = dict(Fork.objects.filter(page__in=some).values_list("page_id", "upstream_authors"))
        rows = PageVersion.objects.filter(page__in=some)
        for page, number, name, tags, parent in rows.values_list(
            "page_id", "number", "author_name", "tags", "merge_parent_id"
        ):
            if (page, number) in wanted:
                is_from_afar = page in bonds and (FORKED in tags or (PULLED in tags and parent is None))
                found[page, number] = bonds[page] if is_from_afar else [name]
    return found


def _sources(pages: Sequence[int], language: str) -> list[AttributionLine]:
    """What pages were forked or imported from, each source once."""
    entries: dict[tuple[str, str, str], dict[str, Any]] = {}
    for some in _slices(pages):
        for bond in Fork.objects.filter(page__in=some).order_by("pk"):
            entries[bond.upstream_host, bond.upstream_title, bond.upstream_license] = {
                "title": bond.upstream_title, "authors": bond.upstream_authors,
                "source": absolute_url(bond.upstream_url), "license": bond.upstream_license,
            }  # fmt: skip
        for origin in Origin.objects.filter(page__in=some).select_related("page").order_by("pk"):
            entries[origin.source, origin.identifier, origin.page.license] = {
                "title": origin.identifier, "authors": [origin.source], "source": origin.url,
                "license": origin.page.license,
            }  # fmt: skip
            entries |= {(one["host"], one["title"], one["license"]): one for one in origin.ancestry}
    return [source_credit(entry, language) for entry in entries.values()]


def _pictures(pages: Sequence[int], language: str) -> list[AttributionLine]:
    """The pictures that pages show, by name."""
    keys: set[str] = set()
    for some in _slices(pages):
        keys |= set(PageLink.objects.filter(page__in=some, way=PageLink.Way.FILE).values_list("key", flat=True))
    found: Iterable[Picture] = pictures_by_name(key.partition(":")[2] for key in sorted(keys)).values()
    return [
        picture_credit({"name": one.name, "author": one.author, "source": one.source, "license": one.license}, language)
        for one in sorted(found, key=lambda one: one.name)
    ]


def _slices(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(keys), ROWS):
        yield keys[start : start + ROWS]
