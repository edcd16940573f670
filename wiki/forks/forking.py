"""Taking a page home: a copy in another place that remembers where it came from."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from wiki.errors import LicenseConflict, Refused, TitleTaken, gettext_noop
from wiki.licenses import catalogue, compatibility
from wiki.pages import finding
from wiki.pages.authors import authors_of
from wiki.pages.derivers import Fields
from wiki.pages.models import (
    Batch,
    Fork,
    PageVersion,
    Stewardship,
    WikiPage,
)
from wiki.pages.saving import admit, retrying
from wiki.pages.storing import Author, Draft, full_title, store
from wiki.text import titles


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a fork shall go: a place that is there, or a new one; a title; a licence."""

    place: WikiPage | None = None
    new_place: str = ""
    title: str = ""
    """Title in the place; empty keeps upstream's."""
    license: str = ""
    """Empty keeps upstream's."""


def fork(page: WikiPage, wish: Wish, by: Author) -> WikiPage:
    """Copy `page` as `wish` says and bind the copy to it; returns the new page.

    One transaction makes the place (if it is new), the page and the bond. Raises NotAllowed,
    LicenseConflict with the legal reason, TitleTaken, TitleProblem, Refused, Busy.
    """
    admit(by, "fork", page)
    return retrying(lambda: _fork(finding.fresh(page.pk), wish, by))


def _fork(upstream: WikiPage, wish: Wish, by: Author) -> WikiPage:
    """Write the copy of `upstream` as it is now. Raises what `fork` raises, and Stale."""
    license = _license(upstream, wish)
    place, drafts = _home(wish, by, upstream)
    fields = finding.at_home(Fields(0, place, _title(wish, upstream), False, license, upstream.language))
    if finding.by_key(titles.key_of(full_title(fields))) is not None:
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=full_title(fields))
    head: PageVersion = upstream.versions.get(number=upstream.version)
    comment = _comment(upstream)
    copy = finding.deleted(full_title(fields)) or WikiPage()
    if Fork.objects.filter(page_id=copy.pk or 0).exists():
        copy = WikiPage()
    drafts.append(Draft(copy, upstream.source.text, fields, by, comment, tags=["forked"], merge_parent=head))
    bond = _bond(upstream, by)

    def bind(versions: list[PageVersion]) -> None:
        bond.pk, bond.page = None, copy
        bond.save(force_insert=True)
        if wish.new_place and by.user is not None:
            Stewardship.objects.create(place=versions[0].page, user=by.user)
        WikiPage.objects.filter(pk=upstream.pk).update(stamp=F("stamp") + 1)

    store(drafts, Batch(act=Batch.Act.FORK, by=by.user, comment=comment, made_at=bond.made_at), also=bind)
    return copy


def _comment(upstream: WikiPage) -> str:
    """What the history of the copy says, in the language of the page."""
    with translation.override(upstream.language):
        return gettext("Forked from %(title)s, version %(number)d") % {
            "title": upstream.full_title,
            "number": upstream.version,
        }


def _license(upstream: WikiPage, wish: Wish) -> str:
    """The licence of the fork. Raises LicenseConflict where the table forbids it."""
    if upstream.is_deleted:
        raise Refused(gettext_noop("This page is deleted: bring it back first."))
    license = catalogue.usable(wish.license or upstream.license)
    verdict = compatibility.check(upstream.license, license)
    if not verdict.allowed:
        raise LicenseConflict(str(verdict.because).replace("%", "%%"))
    return license


def _title(wish: Wish, upstream: WikiPage) -> str:
    """The title of the fork in its place."""
    return titles.clean_title(wish.title or upstream.title)


def _home(wish: Wish, by: Author, upstream: WikiPage) -> tuple[WikiPage, list[Draft]]:
    """The place of the fork, with the draft that makes it where it is new."""
    if wish.new_place:
        finding.check_place_title(wish.new_place)
        name = titles.clean_title(wish.new_place)
        if finding.by_key(titles.key_of(name)) is not None:
            raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=name)
        place = WikiPage(title=name, full_title=name)
        fields = Fields(0, None, name, True, catalogue.DEFAULT, upstream.language)
        kind = "Lieu" if upstream.language == "fr" else "Place"
        text = f"---\n{'Nature' if upstream.language == 'fr' else 'Kind'}: {kind}\n---\n"
        return place, [Draft(place, text, fields, by, tags=["created"])]
    if wish.place is None or not wish.place.is_place:
        raise Refused(gettext_noop("Choose the place that the copy shall live in."))
    return wish.place, []


def _bond(upstream: WikiPage, by: Author) -> Fork:
    """What the fork remembers of upstream."""
    return Fork(
        upstream=upstream,
        upstream_title=upstream.full_title,
        upstream_url=f"{settings.BASE_ADDRESS}{upstream.get_absolute_url()}?version={upstream.version}",
        upstream_version=upstream.version,
        upstream_license=upstream.license,
        upstream_authors=authors_of(upstream),
        made_at=by.at or timezone.now(),
        by=by.user,
    )
