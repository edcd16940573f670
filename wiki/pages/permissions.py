"""Who may do what, in one table.

Reading is open. Any account that is not blocked writes and forks, also into a place. The
stewards of a place, and administrators everywhere, rename, move, delete, undelete and relicense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiki.accounts.models import User
from wiki.errors import NotAllowed, gettext_noop
from wiki.pages.models import Stewardship, WikiPage
from wiki.text.titles import ELSEWHERE

if TYPE_CHECKING:
    from wiki.pages.models import Reader

ANYONE = frozenset({"read", "export"})
ACCOUNTS = frozenset({"edit", "create", "fork", "make_place", "upload", "import"})
WRITING = frozenset({"edit", "create", "move", "relicense", "make_place", "unmake_place", "upload"})
"""What nobody does to a page that lives on another site: it says here what it says there."""
STEWARDS = frozenset({"move", "delete", "undelete", "relicense", "unmake_place", "steward"})


def looks_after(user: User, page: WikiPage | None) -> bool:
    """Whether `user` is a steward of the place that `page` is, or lives in."""
    if page is None:
        return False
    place_id = page.pk if page.is_place else page.place_id
    return bool(place_id and Stewardship.objects.filter(place_id=place_id, user_id=user.pk).exists())


def may(user: Reader, action: str, page: WikiPage | None = None) -> bool:
    """Whether `user` may do `action` (a name of the table above) to `page`."""
    if action in ANYONE:
        return True
    if not isinstance(user, User) or not user.is_active or user.is_blocked:
        return False
    if _is_elsewhere(page) and action in WRITING:
        return False
    if user.is_superuser or action in ACCOUNTS:
        return True
    return action in STEWARDS and looks_after(user, page)


def allowed(user: Reader, page: WikiPage | None = None) -> set[str]:
    """All actions that `user` may do to `page`, with one query at most (for menus)."""
    names = set(ANYONE)
    if isinstance(user, User) and may(user, "edit"):
        names |= ACCOUNTS
        if user.is_superuser or looks_after(user, page):
            names |= STEWARDS
        if _is_elsewhere(page):
            names -= WRITING
    return names


def _is_elsewhere(page: WikiPage | None) -> bool:
    return page is not None and page.namespace == ELSEWHERE


def require(user: Reader, action: str, page: WikiPage | None = None) -> None:
    """Raise NotAllowed, with the reason, unless `may(user, action, page)`."""
    if may(user, action, page):
        return
    if not user.is_authenticated:
        raise NotAllowed(gettext_noop("Sign in first: reading is open, writing asks for an account."))
    if getattr(user, "is_blocked", False):
        raise NotAllowed(gettext_noop("Your account is blocked: you can read, not write."))
    if _is_elsewhere(page) and action in WRITING:
        raise NotAllowed(
            gettext_noop("This page lives on another site and is only kept here: fork it, and change your fork.")
        )
    if page is not None and not page.is_place and page.place_id is None:
        raise NotAllowed(gettext_noop("This page lives in no place: only administrators may do this to it."))
    raise NotAllowed(gettext_noop("Only the stewards of this place and administrators may do this."))
