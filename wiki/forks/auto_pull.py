"""Automatic pulls: forks that merge new upstream versions when there is no conflict."""

from __future__ import annotations

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import DatabaseBusy, Refused, WikiError, gettext_noop
from wiki.forks import pull_merge
from wiki.forks.pull_merge import Merge
from wiki.pages import page_lookup, permissions
from wiki.pages.background_jobs import FailureLog
from wiki.pages.models import Fork, WikiPage
from wiki.pages.writing.page_writer import Author

FORKS_PER_RUN = 5
"""Forks checked in one run of the job."""


def set_auto_pull(page: WikiPage, by: User, *, enabled: bool) -> None:
    """Turn automatic pulls of the fork `page` on (on behalf of `by`) or off.

    Raises NotAllowed, and Refused when `page` is no fork.
    """
    permissions.require(by, permissions.Action.EDIT, page)
    if not Fork.objects.filter(page=page).update(auto_pull_user=by if enabled else None, last_tried_version=0):
        raise Refused(gettext_noop("This page is no fork."))


class AutoPullJob:
    """Background job that pulls into forks whose upstream has versions not tried yet."""

    name = "automatic pulls"

    def run(self) -> bool:
        """Try FORKS_PER_RUN forks; return whether there may be more."""
        behind = Fork.objects.filter(auto_pull_user__isnull=False, upstream__version__gt=F("last_tried_version"))
        existing = behind.filter(
            page__title_key__isnull=False, upstream__title_key__isnull=False, upstream__hidden_with=None
        )
        failures = FailureLog(self.name)
        due = existing.exclude(pk__in=failures.waiting()).select_related("auto_pull_user").order_by("pk")
        tried: list[bool] = []
        for fork in due[:FORKS_PER_RUN]:
            failures.run(fork.pk, lambda fork=fork: tried.append(_try_pull(fork)))
        return any(tried)


def _try_pull(fork: Fork) -> bool:
    """Pull upstream changes if they merge without conflict; otherwise they wait for people to pull.

    Return False when the database was busy: the fork will be tried again.
    """
    upstream, page = page_lookup.reload_page(fork.upstream_id or 0), page_lookup.reload_page(fork.page_id)
    try:
        merge = Merge.of(page, pull_merge.upstream_version(upstream))
        text = None if merge.is_done else merge.merged.text
        if text is not None and fork.auto_pull_user is not None and merge.verdict.allowed:
            merge.save(text, Author.of(fork.auto_pull_user), _comment(merge))
    except DatabaseBusy:
        return False
    except WikiError:
        pass  # e.g. the user may no longer edit, or the upstream became a redirect: nothing is pulled
    Fork.objects.filter(pk=fork.pk).update(last_tried_version=upstream.version)
    return True


def _comment(merge: Merge) -> str:
    """Return the comment of the version, in the language of the page."""
    with translation.override(merge.page.language):
        return gettext("%(said)s, by itself") % {"said": merge.summary()}
