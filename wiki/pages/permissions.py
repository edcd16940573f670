"""Permissions: the actions of the wiki, and who may do them.

Everybody may read. Every account that is not blocked may write, fork and discuss, in places too. The stewards of a
place, and administrators everywhere, may rename, move, delete, undelete and relicense pages, may moderate their
discussions, and may hide the page of a person and
show it again. So may who began it, who may also delete it if it is in no place: consent can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from django.db.models import Exists

from wiki.accounts.models import User
from wiki.errors import NotAllowed, gettext_noop
from wiki.pages.models import PageVersion, Stewardship, WikiPage
from wiki.text.titles import FORM, MIRROR_NAMESPACE

if TYPE_CHECKING:
    from wiki.pages.models import Reader


class Action(StrEnum):
    """Something that a user may do to a page or in the wiki. Templates use the values: `allowed_actions|has:"edit"`."""

    READ = "read"
    EXPORT = "export"
    EDIT = "edit"
    CREATE = "create"
    FORK = "fork"
    UPLOAD = "upload"
    CHANGE_FILE = "change_file"
    """Replace, rename or describe a picture or file; which ones says `media_permissions.py`."""
    IMPORT = "import"
    MAKE_PLACE = "make_place"
    CONVERT_PLACE = "unmake_place"
    """Turn a place into an ordinary page."""
    MOVE = "move"
    DELETE = "delete"
    UNDELETE = "undelete"
    HIDE = "hide"
    """Hide the page of a person, and show a hidden page again."""
    RELICENSE = "relicense"
    STEWARD = "steward"
    """Add and remove stewards of a place."""
    DISCUSS = "discuss"
    """Begin threads about a page, and write posts in them."""
    MODERATE = "moderate"
    """Delete posts of others, and rename, resolve and move their threads."""
    EDIT_FORM = "edit_form"
    """Write pages that list the fields of a kind or a category."""


ANYONE = frozenset({Action.READ, Action.EXPORT})
ACCOUNTS = frozenset(
    {
        Action.EDIT, Action.CREATE, Action.FORK, Action.MAKE_PLACE, Action.UPLOAD, Action.CHANGE_FILE, Action.IMPORT,
        Action.DISCUSS,
    }
)  # fmt: skip
STEWARDS = frozenset(
    {
        Action.MOVE, Action.DELETE, Action.UNDELETE, Action.HIDE, Action.RELICENSE, Action.CONVERT_PLACE,
        Action.STEWARD, Action.MODERATE,
    }
)  # fmt: skip
STEWARDS_OF_ANY_PLACE = frozenset({Action.EDIT_FORM})
PERSON = "person"
WRITING = frozenset(
    {
        Action.EDIT, Action.CREATE, Action.MOVE, Action.RELICENSE, Action.MAKE_PLACE, Action.CONVERT_PLACE,
        Action.UPLOAD, Action.CHANGE_FILE,
    }
)  # fmt: skip
"""Actions that nobody may do to a mirror, since it is a copy of a page of another site."""


def is_steward_of(user: User, page: WikiPage | None) -> bool:
    """Whether `user` is a steward of `page`, or of the place that it is in. One query at most."""
    if page is None or page.namespace == FORM:
        return page is not None and is_steward_of_any_place(user)
    place_id = page.pk if page.is_place else page.place_id
    return bool(place_id and Stewardship.objects.filter(place_id=place_id, user_id=user.pk).exists())


def is_steward_of_any_place(user: User) -> bool:
    """Whether `user` is a steward. One query."""
    return Stewardship.objects.filter(user_id=user.pk).exists()


def is_person_page(page: WikiPage | None) -> bool:
    """Whether `page` is of a person. No query where its kind is loaded, as screens do."""
    if page is None or page.pk is None or page.is_place or page.namespace:
        return False
    return page.kind is not None and page.kind.key == PERSON


def _find_relations(user: Reader, page: WikiPage | None) -> tuple[bool, bool]:
    """Return whether `user` is a steward of `page`, and whether they began it, if it is of a person. One query."""
    if not isinstance(user, User):
        return False, False
    if page is None or not (page.is_hidden or is_person_page(page)):
        return is_steward_of(user, page), False
    is_steward = Exists(Stewardship.objects.filter(place_id=page.place_id, user_id=user.pk))
    has_begun = Exists(PageVersion.objects.filter(page=page, number=1, author=user.pk))
    found: tuple[bool, bool] = User.objects.filter(pk=user.pk).values_list(is_steward, has_begun).get()
    return found


def has_permission(user: Reader, action: Action, page: WikiPage | None = None) -> bool:
    """Whether `user` may do `action` to `page`. One query at most. Raises ValueError for an unknown action."""
    return _allows(user, Action(action), page, *_relations(user, page))


def allowed_actions(user: Reader, page: WikiPage | None = None) -> set[Action]:
    """Return all actions that `user` may do to `page`. One query at most."""
    relations = _relations(user, page)
    of_pages = (action for action in Action if action not in STEWARDS_OF_ANY_PLACE)
    return {action for action in of_pages if _allows(user, action, page, *relations)}


def _relations(user: Reader, page: WikiPage | None) -> tuple[Callable[[], bool], Callable[[], bool]]:
    """Return functions for the two results of `_find_relations`, which is asked once when they are called."""
    find = cache(lambda: _find_relations(user, page))
    return lambda: find()[0], lambda: find()[1]


def _allows(
    user: Reader, action: Action, page: WikiPage | None, is_steward: Callable[[], bool], has_begun: Callable[[], bool]
) -> bool:
    """Whether `user` may do `action` to `page`; the functions are called only if the result depends on them."""
    if action in ANYONE:
        return True
    if not isinstance(user, User) or not user.is_active or user.is_blocked:
        return False
    if _is_mirror(page) and action in WRITING:
        return False
    if _is_hidden(page) and action == Action.FORK:
        return False
    if action == Action.HIDE and not (_is_hidden(page) or is_person_page(page)):
        return False
    if user.is_superuser:
        return True
    if action in STEWARDS_OF_ANY_PLACE:
        return is_steward_of_any_place(user)
    if page is not None and page.namespace == FORM and action == Action.EDIT:
        return is_steward()
    if action in ACCOUNTS:
        return True
    if action in STEWARDS and is_steward():
        return True
    if action == Action.DELETE and page is not None and page.place_id is None:
        return is_person_page(page) and has_begun()
    return action == Action.HIDE and has_begun()


def _is_hidden(page: WikiPage | None) -> bool:
    return page is not None and page.is_hidden


def _is_mirror(page: WikiPage | None) -> bool:
    return page is not None and page.namespace == MIRROR_NAMESPACE


def require(user: Reader, action: Action, page: WikiPage | None = None) -> None:
    """Raise NotAllowed, with the reason, unless `user` may do `action` to `page`."""
    if has_permission(user, action, page):
        return
    if not user.is_authenticated:
        raise NotAllowed(gettext_noop("Sign in first: reading is open, writing asks for an account."))
    if getattr(user, "is_blocked", False):
        raise NotAllowed(gettext_noop("Your account is blocked: you can read, not write."))
    if _is_mirror(page) and action in WRITING:
        raise NotAllowed(
            gettext_noop("This page lives on another site and is only kept here: fork it, and change your fork.")
        )
    if _is_hidden(page) and action == Action.FORK:
        raise NotAllowed(gettext_noop("This page is hidden: show it again first."))
    if action == Action.HIDE and not (_is_hidden(page) or is_person_page(page)):
        raise NotAllowed(gettext_noop("Only the page of a person can be hidden."))
    if action in STEWARDS_OF_ANY_PLACE or (page is not None and page.namespace == FORM):
        raise NotAllowed(gettext_noop("Only stewards and administrators may write the lists of fields of forms."))
    if page is not None and not page.is_place and page.place_id is None:
        raise NotAllowed(gettext_noop("This page lives in no place: only administrators may do this to it."))
    raise NotAllowed(gettext_noop("Only the stewards of this place and administrators may do this."))


def require_namespace(user: object, namespace: int) -> None:
    """Raise NotAllowed if `user` may not give a page a title in a namespace. Commands without an account may."""
    if namespace == FORM and isinstance(user, User):
        require(user, Action.EDIT_FORM)
