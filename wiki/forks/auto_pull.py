"""Forks that take in by themselves what moves in their original, where it joins without a clash."""

from __future__ import annotations

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import DatabaseBusy, Refused, WikiError, gettext_noop
from wiki.forks import pull_merge
from wiki.forks.pull_merge import Merge
from wiki.pages import page_lookup, permissions
from wiki.pages.models import Fork, WikiPage
from wiki.pages.writing.page_writer import Author

FORKS_PER_RUN = 5
"""Forks that are looked at in one go."""


def set_auto_pull(page: WikiPage, by: User, *, follows: bool) -> None:
    """Let the fork `page` take in clean changes by itself, in the name of `by`, or not any more.

    Raises NotAllowed, and Refused where `page` is no fork.
    """
    permissions.require(by, permissions.Action.EDIT, page)
    if not Fork.objects.filter(page=page).update(auto_pull_user=by if follows else None, last_tried_version=0):
        raise Refused(gettext_noop("This page is no fork."))


class AutoPullJob:
    """Looks at the forks that follow, whose originals have moved since they were looked at."""

    name = "follow"

    def run(self) -> bool:
        """Some forks; whether there may be more."""
        moved = Fork.objects.filter(auto_pull_user__isnull=False, upstream__version__gt=F("last_tried_version"))
        there = moved.filter(page__title_key__isnull=False, upstream__title_key__isnull=False)
        bonds = list(there.select_related("auto_pull_user").order_by("pk")[:FORKS_PER_RUN])
        looked = [_look(bond) for bond in bonds]
        return any(looked)


def _look(bond: Fork) -> bool:
    """Take in what moved, where that can be done; a clash waits for people, and is told in the page.

    False where the database was busy: it will be looked at again.
    """
    upstream, page = page_lookup.reload_page(bond.upstream_id or 0), page_lookup.reload_page(bond.page_id)
    try:
        merge = Merge.of(page, pull_merge.upstream_version(upstream))
        text = None if merge.is_done else merge.merged.text
        if text is not None and bond.auto_pull_user is not None and merge.verdict.allowed:
            merge.save(text, Author.of(bond.auto_pull_user), _said(merge))
    except DatabaseBusy:
        return False
    except WikiError:
        pass  # who follows may not write any more, the original leads elsewhere: nothing is taken in
    Fork.objects.filter(pk=bond.pk).update(last_tried_version=upstream.version)
    return True


def _said(merge: Merge) -> str:
    """What the history says, in the language of the page."""
    with translation.override(merge.page.language):
        return gettext("%(said)s, by itself") % {"said": merge.summary()}
