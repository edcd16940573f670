"""Who may change a picture or file: who added it, administrators, and the stewards of all pages that show it."""

from __future__ import annotations

from typing import Any

from wiki.accounts.models import User
from wiki.errors import NotAllowed, gettext_noop
from wiki.pages import permissions
from wiki.pages.media_models import File, Picture
from wiki.pages.models import PageLink, Stewardship, WikiPage


def may_change(user: Any, media: Picture | File) -> bool:
    """Whether a user may replace, rename or describe a picture or file. Two queries at most."""
    if not isinstance(user, User) or not permissions.has_permission(user, permissions.Action.CHANGE_FILE):
        return False
    return bool(user.is_superuser or media.uploaded_by_user_id == user.pk) or _is_steward_of_all_uses(user, media)


def require_change(user: Any, media: Picture | File) -> None:
    """Raise NotAllowed, with the reason, unless `user` may change the picture or file."""
    permissions.require(user, permissions.Action.CHANGE_FILE)
    if not may_change(user, media):
        raise NotAllowed(gettext_noop("Only who added this file, or an administrator, can change this."))


def _is_steward_of_all_uses(user: User, media: Picture | File) -> bool:
    """Whether pages show it, and all of them are in places of which `user` is a steward."""
    places = set(Stewardship.objects.filter(user=user).values_list("place_id", flat=True))
    if not places:
        return False
    shown = WikiPage.objects.filter(links__way=PageLink.Way.FILE, links__key=media.file_title)
    uses = {pk if is_place else place for pk, is_place, place in shown.values_list("pk", "is_place", "place_id")}
    return bool(uses) and uses <= places
