"""Permissions: the actions of the wiki, and who may do them.

Everybody may read. Every account that is not blocked may write, fork and discuss, in places too. The stewards of a
place, and administrators everywhere, may rename, move, delete, undelete and relicense pages, may moderate their
discussions, and may hide the page of a person and
show it again. So may who began it, who may also delete it if it is in no place: consent can be taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from django.db.models import Exists

from wiki.accounts.models import User
from wiki.errors import NotAllowed, PageProtected, gettext_noop
from wiki.pages.models import PageVersion, Stewardship, WikiPage
from wiki.pages.protection import ProtectionLevel, strictest_level
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
    PATROL = "patrol"
    """Mark what new accounts write as looked at."""
    PROTECT = "protect"
    """Restrict who may write in a page, or in the pages of a place."""
    BLOCK = "block"
    """Block an account, end its block, and undo all that it wrote."""
    INVITE = "invite"
    """Invite people to register."""


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
        Action.STEWARD, Action.PROTECT, Action.MODERATE,
    }
)  # fmt: skip
ADMINISTRATORS = frozenset({Action.BLOCK})
STEWARDS_OF_ANY_PLACE = frozenset({Action.EDIT_FORM, Action.PATROL, Action.INVITE})
PERSON = "person"
WRITING = frozenset(
    {
        Action.EDIT, Action.CREATE, Action.MOVE, Action.RELICENSE, Action.MAKE_PLACE, Action.CONVERT_PLACE,
        Action.UPLOAD, Action.CHANGE_FILE,
    }
)  # fmt: skip
"""Actions that nobody may do to a mirror, since it is a copy of a page of another site."""


PROTECTED = WRITING | {Action.DELETE, Action.UNDELETE, Action.HIDE, Action.STEWARD, Action.PROTECT}
"""Actions that the protection of a page, or of its place, restricts."""


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
    of_pages = (action for action in Action if action not in STEWARDS_OF_ANY_PLACE | ADMINISTRATORS)
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
    if not isinstance(user, User) or not user.is_active or user.is_blocked_now:
        return False
    if _is_impossible(action, page):
        return False
    if user.is_superuser:
        return True
    if action in PROTECTED and _is_protected_from(page, is_steward):
        return False
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


def _is_impossible(action: Action, page: WikiPage | None) -> bool:
    """Whether nobody may do `action` to a page of this sort."""
    if action == Action.HIDE:
        return not (_is_hidden(page) or is_person_page(page))
    return (_is_mirror(page) and action in WRITING) or (_is_hidden(page) and action == Action.FORK)


def _is_protected_from(page: WikiPage | None, is_steward: Callable[[], bool]) -> bool:
    """Whether the protection of a page keeps a user away who is no administrator."""
    level = strictest_level(page)
    return level == ProtectionLevel.ADMINISTRATORS or (level == ProtectionLevel.STEWARDS and not is_steward())


def _is_hidden(page: WikiPage | None) -> bool:
    return page is not None and page.is_hidden


def _is_mirror(page: WikiPage | None) -> bool:
    return page is not None and page.namespace == MIRROR_NAMESPACE


PROTECTION_MESSAGES: Mapping[str, str] = {
    ProtectionLevel.STEWARDS: gettext_noop(
        "This page is protected: only the stewards of its place and administrators may change it. You can propose a"
        " change."
    ),
    ProtectionLevel.ADMINISTRATORS: gettext_noop(
        "This page is protected: only administrators may change it. You can propose a change."
    ),
}
"""Why a protected page refuses a change, by level."""


def require_open_places(arrivals: Iterable[tuple[WikiPage, User | None]]) -> None:
    """Raise NotAllowed if an author may not put pages into a place because it is protected.

    Commands without an account may. One query, if any page comes into a place.
    """
    authors: dict[int, set[User]] = defaultdict(set)
    for place, author in arrivals:
        if place.pk and author is not None:
            authors[place.pk].add(author)
    for place in WikiPage.objects.filter(pk__in=authors).exclude(protection="") if authors else ():
        if strictest_level(place) and not all(has_permission(one, Action.EDIT, place) for one in authors[place.pk]):
            raise PageProtected(
                gettext_noop("«%(title)s» is protected: only those who look after it may put pages there."),
                title=place.full_title,
            )


def require(user: Reader, action: Action, page: WikiPage | None = None) -> None:
    """Raise NotAllowed, with the reason, unless `user` may do `action` to `page`."""
    if has_permission(user, action, page):
        return
    if not user.is_authenticated:
        raise NotAllowed(gettext_noop("Sign in first: reading is open, writing asks for an account."))
    if getattr(user, "is_blocked_now", False):
        raise NotAllowed(gettext_noop("Your account is blocked: you can read, not write."))
    if action in ADMINISTRATORS:
        raise NotAllowed(gettext_noop("Only administrators may do this."))
    if _is_mirror(page) and action in WRITING:
        raise NotAllowed(
            gettext_noop("This page lives on another site and is only kept here: fork it, and change your fork.")
        )
    if action in PROTECTED and (level := strictest_level(page)):
        raise PageProtected(PROTECTION_MESSAGES[level])
    if _is_hidden(page) and action == Action.FORK:
        raise NotAllowed(gettext_noop("This page is hidden: show it again first."))
    if action == Action.HIDE and not (_is_hidden(page) or is_person_page(page)):
        raise NotAllowed(gettext_noop("Only the page of a person can be hidden."))
    if action in (Action.PATROL, Action.INVITE):
        raise NotAllowed(gettext_noop("Only stewards and administrators may do this."))
    if action in STEWARDS_OF_ANY_PLACE or (page is not None and page.namespace == FORM):
        raise NotAllowed(gettext_noop("Only stewards and administrators may write the lists of fields of forms."))
    if page is not None and not page.is_place and page.place_id is None:
        raise NotAllowed(gettext_noop("This page lives in no place: only administrators may do this to it."))
    raise NotAllowed(gettext_noop("Only the stewards of this place and administrators may do this."))


def require_namespace(user: object, namespace: int) -> None:
    """Raise NotAllowed if `user` may not give a page a title in a namespace. Commands without an account may."""
    if namespace == FORM and isinstance(user, User):
        require(user, Action.EDIT_FORM)
