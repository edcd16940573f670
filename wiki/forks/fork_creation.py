"""Taking pages home: copies in another place that remember where they came from, one or a thousand in one change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from wiki.errors import LicenseConflict, Refused, TitleTaken, gettext_noop
from wiki.forks.link_rewriting import LinkRewriter, PageCopy
from wiki.licenses import catalogue, compatibility
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_by_page
from wiki.pages.mirror_models import Mirror, remote_title
from wiki.pages.models import Changeset, Fork, PageVersion, Stewardship, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.permissions import Action
from wiki.pages.writing.page_writer import check_write_allowed, retry_while_stale
from wiki.pages.writing.parsed_versions import Tell, silent
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, store
from wiki.text import titles

ROWS = 500
TITLES_LISTED = 5
"""So many titles are named where many are taken."""


@dataclass(frozen=True, slots=True)
class ForkTarget:
    """Where a fork shall go: a place that is there, or a new one; a title; a licence."""

    place: WikiPage | None = None
    new_place: str = ""
    title: str = ""
    """Title in the place; empty keeps upstream's."""
    license: str = ""
    """Empty keeps upstream's."""


def fork(page: WikiPage, wish: ForkTarget, by: Author) -> WikiPage:
    """Copy `page` as `wish` says and bind the copy to it; returns the new page.

    One transaction makes the place (if it is new), the page and the bond. Raises NotAllowed,
    LicenseConflict with the legal reason, TitleTaken, TitleProblem, Refused, Busy.
    """
    return fork_all([page], wish, by)[0]


def fork_all(
    pages: Sequence[WikiPage],
    wish: ForkTarget,
    by: Author,
    offers: Collection[str] = (),
    *,
    seed: bool = False,
    tell: Tell = silent,
) -> list[WikiPage]:
    """Copy `pages` in one change; returns the new pages in the same order. Raises what `fork` raises.

    The title of `wish` is that of the first; pages called «Its title/…» follow it. Links among the copies lead to the
    copies, links to what stayed behind lead back; of the facts that name the old place, those in `offers`
    (`branches.Offer.name`) name the new one. `seed`: the first page is a place, and its copy is the new place itself.
    `tell` hears how far it is.
    """
    check_write_allowed(by, Action.FORK, pages[0])
    keys = [page.pk for page in pages]
    return retry_while_stale(lambda: _fork(_fresh(keys), wish, by, offers, seed, tell))


def _fresh(keys: Sequence[int]) -> list[WikiPage]:
    """Pages as they are now, with source and place."""
    found: dict[int, WikiPage] = {}
    for start in range(0, len(keys), ROWS):
        some = WikiPage.objects.filter(pk__in=keys[start : start + ROWS]).select_related("source", "place")
        found |= {page.pk: page for page in some}
    return [found[key] for key in keys]


def _fork(
    pages: Sequence[WikiPage], wish: ForkTarget, by: Author, offers: Collection[str], seed: bool, tell: Tell
) -> list[WikiPage]:
    """Write the copies of `pages` as they are now. Raises what `fork` raises, and Stale."""
    place, drafts = _home(pages[0], wish, by, seed)
    copies = [
        PageCopy(
            page,
            page_lookup.with_current_place(
                PageFields(0, place, _title(page, wish, pages[0]), False, license, page.language)
            ),
        )
        for page, license in zip(pages, _licenses(pages, wish), strict=True)
    ]
    if seed:
        copies[0] = PageCopy(
            pages[0], PageFields(0, None, place.title, True, copies[0].fields.license, pages[0].language)
        )
    targets = _targets([copy.fields.full_title for copy in copies])
    rewriter, heads, bonds = LinkRewriter(copies, offers), _heads(pages), _bonds(pages, by)
    if seed:
        targets[0] = place
    drafts += [
        NewVersion(
            target, rewriter.text_of(copy), copy.fields, by, _comment(copy.page), tags=["forked"], merge_parent=head
        )
        for target, copy, head in zip(targets, copies, heads, strict=True)
    ]

    def bind(versions: list[PageVersion]) -> None:
        for bond, target in zip(bonds, targets, strict=True):
            bond.pk, bond.page = None, target
        Fork.objects.bulk_create(bonds, batch_size=ROWS)
        if wish.new_place and by.user is not None:
            Stewardship.objects.create(place=versions[0].page, user=by.user)
        for start in range(0, len(pages), ROWS):
            some = [page.pk for page in pages[start : start + ROWS]]
            WikiPage.objects.filter(pk__in=some).update(cache_version=F("cache_version") + 1)

    comment = _comment(pages[0])
    store(drafts, Changeset(act=Changeset.Act.FORK, by=by.user, comment=comment, made_at=bonds[0].made_at), bind, tell)
    return targets


def _comment(upstream: WikiPage) -> str:
    """What the history of the copy says, in the language of the page."""
    with translation.override(upstream.language):
        return gettext("Forked from %(title)s, version %(number)d") % {
            "title": upstream.full_title,
            "number": upstream.version,
        }


def _licenses(pages: Sequence[WikiPage], wish: ForkTarget) -> list[str]:
    """The licences of the forks. Raises LicenseConflict where the table forbids one, Refused for a deleted page."""
    if any(page.is_deleted for page in pages):
        raise Refused(gettext_noop("This page is deleted: bring it back first."))
    found = {
        license: catalogue.require_free_license(wish.license or license) for license in {page.license for page in pages}
    }
    for source, license in found.items():
        verdict = compatibility.check(source, license)
        if not verdict.allowed:
            raise LicenseConflict(str(verdict.reason).replace("%", "%%"))
    return [found[page.license] for page in pages]


def _title(page: WikiPage, wish: ForkTarget, first: WikiPage) -> str:
    """The title of a fork in its place: a sub-page of the first one goes with its title."""
    new = titles.clean_title(wish.title or remote_title(first))
    if page.pk == first.pk:
        return new
    is_under = not first.is_place and page.title.startswith(f"{first.title}/")
    return titles.clean_title(new + page.title[len(first.title) :]) if is_under else page.title


def _home(upstream: WikiPage, wish: ForkTarget, by: Author, seed: bool) -> tuple[WikiPage, list[NewVersion]]:
    """The place of the forks, with the draft that makes it where it is new and no copy."""
    if wish.new_place:
        page_lookup.check_place_title(wish.new_place)
        name = titles.clean_title(wish.new_place)
        if page_lookup.find_by_key(titles.key_of(name)) is not None:
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=name)
        place = WikiPage(title=name, full_title=name)
        fields = PageFields(0, None, name, True, catalogue.DEFAULT, upstream.language)
        kind = "Lieu" if upstream.language == "fr" else "Place"
        text = f"---\n{'Nature' if upstream.language == 'fr' else 'Kind'}: {kind}\n---\n"
        return place, [] if seed else [NewVersion(place, text, fields, by, tags=["created"])]
    if wish.place is None or not wish.place.is_place or seed:
        raise Refused(gettext_noop("Choose the place that the copy shall live in."))
    return wish.place, []


def _targets(full_titles: Sequence[str]) -> list[WikiPage]:
    """The pages that the copies become: new ones, or deleted ones of these titles. Raises TitleTaken."""
    keys = {titles.key_of(title): title for title in full_titles}
    if len(keys) < len(full_titles):
        raise Refused(gettext_noop("Two of these pages would have the same title."))
    taken, deleted = list[str](), dict[str, WikiPage]()
    wanted = list(keys)
    for start in range(0, len(wanted), ROWS):
        some = wanted[start : start + ROWS]
        taken += WikiPage.objects.filter(title_key__in=some).values_list("full_title", flat=True)[: TITLES_LISTED + 1]
        gone = WikiPage.objects.filter(full_title__in=[keys[key] for key in some], title_key__isnull=True)
        for page in gone.filter(fork=None).select_related("source", "place").order_by("edited_at", "pk"):
            deleted[page.full_title] = page
    if taken:
        named = ", ".join(sorted(taken)[:TITLES_LISTED]) + ("…" if len(taken) > TITLES_LISTED else "")
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=named)
    return [deleted.get(title) or WikiPage() for title in full_titles]


def _heads(pages: Sequence[WikiPage]) -> list[PageVersion]:
    """The current versions of pages. Raises Stale where one has moved on since it was read."""
    found: dict[int, PageVersion] = {}
    for start in range(0, len(pages), ROWS):
        some = {page.pk: page.version for page in pages[start : start + ROWS]}
        for version in PageVersion.objects.filter(page__in=some, number=F("page__version")):
            if some[version.page_id] == version.number:
                found[version.page_id] = version
    if len(found) < len(pages):
        raise StaleVersion
    return [found[page.pk] for page in pages]


def _permalink(page: WikiPage) -> str:
    """Where the current version of a page can be read for good."""
    return f"{settings.BASE_ADDRESS}{page.get_absolute_url()}?version={page.version}"


def _mirrors(pages: Sequence[WikiPage]) -> list[Mirror]:
    """What those of the pages mirror that live on other sites."""
    keys = [page.pk for page in pages if page.namespace == titles.MIRROR_NAMESPACE]
    return list(Mirror.objects.filter(page__in=keys[:ROWS])) if keys else []


def _bonds(pages: Sequence[WikiPage], by: Author) -> list[Fork]:
    """What the forks remember of upstream."""
    authors, made_at = authors_by_page(pages), by.claimed_at or timezone.now()
    far = {mirror.page_id: mirror for mirror in _mirrors(pages)}
    return [
        Fork(
            upstream=upstream,
            upstream_host=far[upstream.pk].host if upstream.pk in far else "",
            upstream_title=far[upstream.pk].title if upstream.pk in far else upstream.full_title,
            upstream_url=far[upstream.pk].url if upstream.pk in far else _permalink(upstream),
            upstream_version=upstream.version,
            upstream_license=upstream.license,
            upstream_authors=authors[upstream.pk],
            made_at=made_at,
            by=by.user,
        )
        for upstream in pages
    ]
