"""Permissions for wiki pages in Wagtail's admin: only actions that redirect to the wiki's own views."""

from __future__ import annotations

from typing import Any

from wagtail.models import PagePermissionTester


class WikiPagePermissionTester(PagePermissionTester):
    """Permission tester of wiki pages: denies every action of Wagtail that would bypass `page_writer`.

    Edit, move, delete and history remain: the admin redirects them to the wiki, which checks its own permissions.
    """

    def _never(self, *args: Any, **kwargs: Any) -> bool:
        """Deny."""
        return False

    can_add_subpage = can_publish_subpage = can_reorder_children = _never
    can_copy = can_copy_to = can_move_to = _never
    can_publish = can_unpublish = can_unschedule = can_submit_for_moderation = _never
    can_lock = can_unlock = can_set_view_restrictions = _never
