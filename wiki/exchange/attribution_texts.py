"""Attribution texts ready to copy: of a page, of a place with all its pages, of a text selected in a page."""

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
from wiki.pages.media_models import media_by_name, media_of
from wiki.pages.models import Fork, PageLink, PageVersion, WikiPage
from wiki.text.passages import folded_words

if TYPE_CHECKING:
    from wiki.pages.models import Reader

ROWS = 500
"""Pages per query."""
SELECTION_WORDS_LIMIT = 5_000
"""Words of a selection that are searched for; the rest is ignored."""


@dataclass(frozen=True, slots=True)
class Credits:
    """Attribution lines of texts, of the sources that the texts derive from, and of pictures."""

    texts: Sequence[AttributionLine]
    sources: Sequence[AttributionLine] = field(default_factory=tuple)
    pictures: Sequence[AttributionLine] = field(default_factory=tuple)

    def _labelled_lines(self) -> list[tuple[str, Sequence[AttributionLine]]]:
        """Return (label, lines) for each group that has lines; the texts have no label."""
        parts = [("", self.texts), (gettext("From:"), self.sources), (gettext("Pictures:"), self.pictures)]
        return [(label, lines) for label, lines in parts if lines]

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join(
            part for label, lines in self._labelled_lines() for part in [label, *(c.text for c in lines)] if part
        )

    @property
    def markdown(self) -> str:
        """All lines as Markdown; as a list when there are several."""
        blocks = []
        for label, lines in self._labelled_lines():
            items = [line.markdown if not label and len(lines) == 1 else f"- {line.markdown}" for line in lines]
            blocks.append("\n".join([f"{label}\n", *items] if label else items))
        return "\n\n".join(blocks)

    @property
    def html(self) -> SafeString:
        """All lines as HTML."""
        return format_html_join(
            "\n", "<p>{} {}</p>", ((label, line.html) for label, lines in self._labelled_lines() for line in lines)
        )


def of_page(page: WikiPage, language: str) -> Credits:
    """Return the credits of the current version of `page`, with the sources of its forks and imports. A few queries."""
    return from_credits_json(page, ExportedPage.of(page).credits(media_of(page)), language)


def from_credits_json(page: WikiPage, credits: dict[str, Any], language: str) -> Credits:
    """Return the credits of `page` from the content of `credits.json`. One query, two for a fork."""
    line = page_credit(credits, language)
    fork = Fork.objects.filter(page=page).first()
    if own_versions := _count_own_versions(page, fork):
        with translation.override(language):
            changes = ngettext("%(number)d version since", "%(number)d versions since", own_versions) % {
                "number": own_versions
            }
        line = attribution_line(
            credits["title"], credits["authors"], credits["source"], credits["license"], changes, language=language
        )
    sources = [source_credit(entry, language) for entry in credits["derived_from"]]
    return Credits([line], sources, [picture_credit(entry, language) for entry in credits["media"]])


def _count_own_versions(page: WikiPage, fork: Fork | None) -> int:
    """Count the versions written in a fork since it was made; 0 for a page that is no fork."""
    if fork is None:
        return 0
    tags_since_fork = page.versions.filter(claimed_at__gte=fork.made_at).values_list("tags", flat=True)
    return sum(FORKED not in tags for tags in tags_since_fork)


# ---------------------------------------------------------------- text selected in a page


def of_selection(page: WikiPage, words: str, language: str) -> Credits:
    """Return the credit of a text selected in `page`: its authors, most words first, and a link to the current version.

    `words` is the selected text; when it matches no passage, the authors of the whole page are named. Three queries.
    """
    authorship_of_page = authorship.authorship_of(page)
    attributed_passages = [
        attributed
        for attributed in authorship_of_page.attribute(_selected_passages(authorship_of_page.passages, words))
        if attributed.authors
    ]
    counted: dict[str, int] = defaultdict(int)
    for attributed in attributed_passages:
        for count, where in word_runs(attributed.passage):
            counted[authorship_of_page.owners[where].name] += count
    names = sorted(counted, key=lambda name: (-counted[name], name)) or [
        share.name for share in authorship_of_page.shares
    ]
    source = f"{settings.BASE_ADDRESS}{page.get_absolute_url()}?version={page.version}"
    return Credits([attribution_line(page.full_title, names, source, page.license, language=language)])


def _selected_passages(passages: Iterable[Passage], words: str) -> list[Passage]:
    """Return the passages that the selected text `words` covers.

    When the selection is not found as one run of words (markup may interrupt it), return the passages that it contains
    or that contain it.
    """
    selected = folded_words(words)[:SELECTION_WORDS_LIMIT]
    if not selected:
        return []
    passages_with_words = [
        (passage, passage_words) for passage in passages if (passage_words := folded_words(passage.text))
    ]
    page_text = _join_with_spaces(word for _, passage_words in passages_with_words for word in passage_words)
    selected_text, ends = (
        _join_with_spaces(selected),
        list(accumulate(len(passage_words) for _, passage_words in passages_with_words)),
    )
    if (offset := page_text.find(selected_text)) >= 0:
        first = page_text.count(" ", 0, offset)
        last = first + len(selected) - 1
        return [
            passages_with_words[index][0] for index in range(bisect_right(ends, first), bisect_right(ends, last) + 1)
        ]
    return [
        passage
        for passage, passage_words in passages_with_words
        if _join_with_spaces(passage_words) in selected_text or selected_text in _join_with_spaces(passage_words)
    ]


def _join_with_spaces(words: Iterable[str]) -> str:
    """Join words with spaces, also at both ends, so that a substring search matches whole words only."""
    return f" {' '.join(words)} "


# ---------------------------------------------------------------- a place


def of_place(place: WikiPage, user: Reader, language: str) -> Credits:
    """Return the credits of a place and its pages: one line per licence, authors with most words first.

    Only pages that `user` may read count.

    Takes a bounded number of queries per 500 pages, and no query per page.
    """
    rows = WikiPage.objects.readable_by(user).filter(Q(place=place) | Q(pk=place.pk), redirect_key="")
    by_license: dict[str, list[int]] = defaultdict(list)
    for pk, license in rows.order_by("license", "pk").values_list("pk", "license"):
        by_license[license].append(pk)
    pages = [pk for keys in by_license.values() for pk in keys]
    words = _count_words(pages)
    url = settings.BASE_ADDRESS + place.get_absolute_url()
    with translation.override(language):
        lines = [
            attribution_line(
                _place_label(place, len(keys)), _rank_authors(words, keys), url, license, language=language
            )
            for license, keys in by_license.items()
        ]
    return Credits(lines, _source_lines(pages, language), _picture_lines(pages, language))


def _place_label(place: WikiPage, count: int) -> str:
    """Return the title of a line: the place, and how many pages the line covers."""
    label = ngettext("%(title)s, %(number)d page", "%(title)s, %(number)d pages", count)
    return label % {"title": place.full_title, "number": count}


def _rank_authors(words: dict[int, dict[str, int]], pages: Iterable[int]) -> list[str]:
    """Return the names of the authors of `pages`, most words first."""
    counted: dict[str, int] = defaultdict(int)
    for page in pages:
        for name, count in words[page].items():
            counted[name] += count
    return sorted(counted, key=lambda name: (-counted[name], name))


def _count_words(pages: Sequence[int]) -> dict[int, dict[str, int]]:
    """Count the current words of each author in each page: {page: {author: words}}."""
    counted: dict[tuple[int, VersionKey], int] = defaultdict(int)
    for keys in _slices(pages):
        for passage in Passage.objects.filter(page__in=keys, removed_in=None).only("page_id", "runs"):
            for count, where in word_runs(passage):
                counted[passage.page_id, where] += count
    names = _author_names({where for _, where in counted})
    words_by_author: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (page, where), count in counted.items():
        for name in names.get(where, ()):
            words_by_author[page][name] += count
    return words_by_author


def _author_names(versions: set[VersionKey]) -> dict[VersionKey, list[str]]:
    """Return the author names of each of `versions`.

    The version that brought in a fork (or a pull from an unknown version) has the upstream authors, not its own author.
    """
    names: dict[VersionKey, list[str]] = {}
    pages = sorted({page for page, _ in versions})
    for keys in _slices(pages):
        upstream_authors = dict(Fork.objects.filter(page__in=keys).values_list("page_id", "upstream_authors"))
        stored = PageVersion.objects.filter(page__in=keys)
        for page, number, name, tags, parent in stored.values_list(
            "page_id", "number", "author_name", "tags", "merge_parent_id"
        ):
            if (page, number) in versions:
                is_foreign = page in upstream_authors and (FORKED in tags or (PULLED in tags and parent is None))
                names[page, number] = upstream_authors[page] if is_foreign else [name]
    return names


def _source_lines(pages: Sequence[int], language: str) -> list[AttributionLine]:
    """Return the lines of what `pages` were forked or imported from, each source once."""
    entries: dict[tuple[str, str, str], dict[str, Any]] = {}
    for keys in _slices(pages):
        for fork in Fork.objects.filter(page__in=keys).order_by("pk"):
            entries[fork.upstream_host, fork.upstream_title, fork.upstream_license] = {
                "title": fork.upstream_title, "authors": fork.upstream_authors,
                "source": absolute_url(fork.upstream_url), "license": fork.upstream_license,
            }  # fmt: skip
        for origin in Origin.objects.filter(page__in=keys).select_related("page").order_by("pk"):
            entries[origin.source, origin.identifier, origin.page.license] = {
                "title": origin.identifier, "authors": [origin.source], "source": origin.url,
                "license": origin.page.license,
            }  # fmt: skip
            entries |= {
                (ancestor["host"], ancestor["title"], ancestor["license"]): ancestor for ancestor in origin.ancestry
            }
    return [source_credit(entry, language) for entry in entries.values()]


def _picture_lines(pages: Sequence[int], language: str) -> list[AttributionLine]:
    """Return the lines of the pictures and files that `pages` show, sorted by name."""
    keys: set[str] = set()
    for page_keys in _slices(pages):
        keys |= set(PageLink.objects.filter(page__in=page_keys, way=PageLink.Way.FILE).values_list("key", flat=True))
    pictures = media_by_name(key.partition(":")[2] for key in sorted(keys)).values()
    return [
        picture_credit(
            {"name": picture.name, "author": picture.author, "source": picture.source, "license": picture.license},
            language,
        )
        for picture in sorted(pictures, key=lambda picture: picture.name)
    ]


def _slices(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(keys), ROWS):
        yield keys[start : start + ROWS]
