"""Creation of forks: copies of one or many pages in another place, linked to their upstream, in one changeset."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from wiki.errors import LicenseConflict, Refused, TitleTaken, gettext_noop
from wiki.forks.link_rewriting import CopiedText, LinkRewriter
from wiki.licenses import catalogue, compatibility
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_by_page
from wiki.pages.mirror_models import Mirror, remote_title
from wiki.pages.models import Changeset, Fork, PageVersion, Stewardship, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.permissions import Action
from wiki.pages.writing import cache_versions
from wiki.pages.writing.page_writer import check_write_allowed, retry_while_stale
from wiki.pages.writing.parsed_versions import ProgressCallback, no_progress
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, store
from wiki.text import titles

ROWS = 500
TITLES_LISTED = 5
"""Maximum number of titles in the error about taken titles."""


@dataclass(frozen=True, slots=True)
class ForkTarget:
    """Target of a fork: an existing or a new place, a title, a licence."""

    place: WikiPage | None = None
    new_place: str = ""
    title: str = ""
    """Title in the place; empty: the title of the upstream."""
    license: str = ""
    """Empty: the licence of the upstream."""


@dataclass(frozen=True, slots=True)
class PageCopy:
    """A page that is forked, the fields of its copy, and the chosen facts in it (names of properties)."""

    page: WikiPage
    fields: PageFields
    rewritten_facts: list[str]


def fork(page: WikiPage, target: ForkTarget, by: Author) -> WikiPage:
    """Fork `page` to `target`; return the new page.

    One transaction creates the place (if it is new), the page and the Fork. Raises NotAllowed, LicenseConflict with the
    legal reason, TitleTaken, TitleProblem, Refused, DatabaseBusy.
    """
    return fork_all([page], target, by)[0]


def fork_all(
    pages: Sequence[WikiPage],
    target: ForkTarget,
    by: Author,
    rewritten_facts: Collection[str] = (),
    *,
    seed: bool = False,
    on_progress: ProgressCallback = no_progress,
) -> list[WikiPage]:
    """Fork `pages` in one changeset; return the new pages in the same order. Raises what `fork` raises.

    The title of `target` is for the first page; pages called «Its title/…» are renamed with it. Links among the copies
    lead to the copies, links to other pages still lead to these. Facts that name the old place name the new place if
    they are in `rewritten_facts` (`FactRewriteOption.form_value`). With `seed`, the first page is a place, and its copy
    becomes the new place itself. Progress is reported to `on_progress`.
    """
    check_write_allowed(by, Action.FORK, pages[0])
    keys = [page.pk for page in pages]
    return retry_while_stale(lambda: _fork(_reload_pages(keys), target, by, rewritten_facts, seed, on_progress))


def _reload_pages(keys: Sequence[int]) -> list[WikiPage]:
    """Return the current state of pages, with source and place."""
    pages: dict[int, WikiPage] = {}
    for start in range(0, len(keys), ROWS):
        chunk = WikiPage.objects.filter(pk__in=keys[start : start + ROWS]).select_related("source", "place")
        pages |= {page.pk: page for page in chunk}
    return [pages[key] for key in keys]


def _fork(
    pages: Sequence[WikiPage],
    target: ForkTarget,
    by: Author,
    rewritten_facts: Collection[str],
    seed: bool,
    on_progress: ProgressCallback,
) -> list[WikiPage]:
    """Write the copies of `pages`. Raises what `fork` raises, and StaleVersion when a page was changed since."""
    place, versions = _target_place(pages[0], target, by, seed)
    copies = _plan_copies(pages, target, place, rewritten_facts, seed)
    new_pages = _target_pages([copy.fields.full_title for copy in copies])
    parents, fork_rows = _current_versions(pages), _fork_rows(copies, by)
    if seed:
        new_pages[0] = place
    for new_page, copy, parent, text in zip(new_pages, copies, parents, _copied_texts(copies), strict=True):
        comment = _comment(copy.page)
        versions.append(NewVersion(new_page, text, copy.fields, by, comment, tags=["forked"], merge_parent=parent))

    def save_related(written: list[PageVersion]) -> None:
        for fork_row, new_page in zip(fork_rows, new_pages, strict=True):
            fork_row.pk, fork_row.page = None, new_page  # pk: set by an attempt that was rolled back
        Fork.objects.bulk_create(fork_rows, batch_size=ROWS)
        if target.new_place and by.user is not None:
            Stewardship.objects.create(place=written[0].page, user=by.user)
        cache_versions.invalidate_ancestors([new_page.pk for new_page in new_pages])

    act, comment, made_at = Changeset.Act.FORK, _comment(pages[0]), fork_rows[0].made_at
    store(versions, Changeset(act=act, by=by.user, comment=comment, made_at=made_at), save_related, on_progress)
    return new_pages


def _copied_texts(copies: Sequence[PageCopy]) -> list[str]:
    """Return the texts of the copies: of each page, with the titles of the copies."""
    texts = [
        CopiedText(copy.page.source.text or "", PageFields.of(copy.page), copy.fields, copy.rewritten_facts)
        for copy in copies
    ]
    copy_titles = {copy.page.title_key or "": copy.fields.full_title for copy in copies}
    conditions = {name for copy in copies for name in copy.rewritten_facts}
    return LinkRewriter(texts, copy_titles, conditions).texts()


def _plan_copies(
    pages: Sequence[WikiPage], target: ForkTarget, place: WikiPage, rewritten_facts: Collection[str], seed: bool
) -> list[PageCopy]:
    """Return the pages with the fields of their copies in `place`, and with the names of their chosen facts."""
    copies = []
    names: dict[int, list[str]] = {}
    for value in sorted(rewritten_facts):  # see `FactRewriteOption.form_value`
        pk, _, name = value.partition(" ")
        names.setdefault(int(pk), []).append(name)
    for page, license in zip(pages, _fork_licenses(pages, target), strict=True):
        fields = PageFields(0, place, _fork_title(page, target, pages[0]), False, license, page.language)
        copies.append(PageCopy(page, page_lookup.with_current_place(fields), names.get(page.pk, [])))
    if seed:
        fields = PageFields(0, None, place.title, True, copies[0].fields.license, pages[0].language)
        copies[0] = PageCopy(pages[0], fields, copies[0].rewritten_facts)
    return copies


def _comment(upstream: WikiPage) -> str:
    """Return the comment of the first version of a fork, in the language of the page."""
    with translation.override(upstream.language):
        return gettext("Forked from %(title)s, version %(number)d") % {
            "title": upstream.full_title,
            "number": upstream.version,
        }


def _fork_licenses(pages: Sequence[WikiPage], target: ForkTarget) -> list[str]:
    """Return the licence of each fork. Raises LicenseConflict for incompatible licences, Refused for a deleted page."""
    if any(page.is_deleted for page in pages):
        raise Refused(gettext_noop("This page is deleted: bring it back first."))
    licenses = {
        license: catalogue.require_free_license(target.license or license)
        for license in {page.license for page in pages}
    }
    for source, license in licenses.items():
        verdict = compatibility.check(source, license)
        if not verdict.allowed:
            raise LicenseConflict(str(verdict.reason).replace("%", "%%"))
    return [licenses[page.license] for page in pages]


def _fork_title(page: WikiPage, target: ForkTarget, first: WikiPage) -> str:
    """Return the title of a fork in its place; subpages of the first page are renamed with it."""
    new_title = titles.clean_title(target.title or remote_title(first))
    if page.pk == first.pk:
        return new_title
    is_under = not first.is_place and page.title.startswith(f"{first.title}/")
    return titles.clean_title(new_title + page.title[len(first.title) :]) if is_under else page.title


def _target_place(upstream: WikiPage, target: ForkTarget, by: Author, seed: bool) -> tuple[WikiPage, list[NewVersion]]:
    """Return the place of the forks, with the version that creates it if it is new (and not itself a copy: `seed`)."""
    if target.new_place:
        page_lookup.check_place_title(target.new_place)
        name = titles.clean_title(target.new_place)
        if page_lookup.find_by_key(titles.key_of(name)) is not None:
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=name)
        place = WikiPage(title=name, full_title=name)
        fields = PageFields(0, None, name, True, catalogue.DEFAULT, upstream.language)
        kind = "Lieu" if upstream.language == "fr" else "Place"
        text = f"---\n{'Nature' if upstream.language == 'fr' else 'Kind'}: {kind}\n---\n"
        return place, [] if seed else [NewVersion(place, text, fields, by, tags=["created"])]
    if target.place is None or not target.place.is_place or seed:
        raise Refused(gettext_noop("Choose the place that the copy shall live in."))
    return target.place, []


def _target_pages(full_titles: Sequence[str]) -> list[WikiPage]:
    """Return a page for each copy: a new one, or a deleted one of the same title. Raises TitleTaken, Refused."""
    keys = {titles.key_of(title): title for title in full_titles}
    if len(keys) < len(full_titles):
        raise Refused(gettext_noop("Two of these pages would have the same title."))
    taken, deleted = list[str](), dict[str, WikiPage]()
    title_keys = list(keys)
    for start in range(0, len(title_keys), ROWS):
        chunk = title_keys[start : start + ROWS]
        taken += WikiPage.objects.filter(title_key__in=chunk).values_list("full_title", flat=True)[: TITLES_LISTED + 1]
        deleted_pages = WikiPage.objects.filter(
            full_title__in=[keys[key] for key in chunk], title_key__isnull=True, hidden_with=None
        )
        for page in deleted_pages.filter(fork=None).select_related("source", "place").order_by("edited_at", "pk"):
            deleted[page.full_title] = page
    if taken:
        listed = ", ".join(sorted(taken)[:TITLES_LISTED]) + ("…" if len(taken) > TITLES_LISTED else "")
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=listed)
    return [deleted.get(title) or WikiPage() for title in full_titles]


def _current_versions(pages: Sequence[WikiPage]) -> list[PageVersion]:
    """Return the current versions of pages. Raises StaleVersion when one was changed since it was loaded."""
    versions: dict[int, PageVersion] = {}
    for start in range(0, len(pages), ROWS):
        numbers = {page.pk: page.version for page in pages[start : start + ROWS]}
        for version in PageVersion.objects.filter(page__in=numbers, number=F("page__version")):
            if numbers[version.page_id] == version.number:
                versions[version.page_id] = version
    if len(versions) < len(pages):
        raise StaleVersion
    return [versions[page.pk] for page in pages]


def _permalink(page: WikiPage) -> str:
    """Return the permanent absolute URL of the current version of a page."""
    return f"{settings.BASE_ADDRESS}{page.get_absolute_url()}?version={page.version}"


def _mirrors(pages: Sequence[WikiPage]) -> list[Mirror]:
    """Return the mirrors among `pages`."""
    keys = [page.pk for page in pages if page.namespace == titles.MIRROR_NAMESPACE]
    return list(Mirror.objects.filter(page__in=keys[:ROWS])) if keys else []


def _fork_rows(copies: Sequence[PageCopy], by: Author) -> list[Fork]:
    """Return an unsaved Fork for each copy, with the data of the upstream."""
    pages = [copy.page for copy in copies]
    authors, made_at = authors_by_page(pages), by.claimed_at or timezone.now()
    mirrors = {mirror.page_id: mirror for mirror in _mirrors(pages)}
    return [
        Fork(
            upstream=upstream,
            upstream_host=mirrors[upstream.pk].host if upstream.pk in mirrors else "",
            upstream_title=mirrors[upstream.pk].title if upstream.pk in mirrors else upstream.full_title,
            upstream_url=mirrors[upstream.pk].url if upstream.pk in mirrors else _permalink(upstream),
            upstream_version=upstream.version,
            upstream_license=upstream.license,
            upstream_authors=authors[upstream.pk],
            rewritten_facts=copy.rewritten_facts,
            made_at=made_at,
            by=by.user,
        )
        for copy, upstream in zip(copies, pages, strict=True)
    ]
