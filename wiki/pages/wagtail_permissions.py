"""What Wagtail's admin offers for a wiki page: to open it, and the ways to the wiki's own screens."""

from __future__ import annotations

from typing import Any

from wagtail.models import PagePermissionTester


class WikiPagePermissionTester(PagePermissionTester):
    """Wagtail's answer to «what may this person do here», without all that would bypass the writer.

    Edit, move, delete and history stay: the admin leads them to the wiki, whose rights decide.
    """

    def _never(self, *args: Any, **kwargs: Any) -> bool:
        """No, for anyone."""
        return False

    can_add_subpage = can_publish_subpage = can_reorder_children = _never
    can_copy = can_copy_to = can_move_to = _never
    can_publish = can_unpublish = can_unschedule = can_submit_for_moderation = _never
    can_lock = can_unlock = can_set_view_restrictions = _never
