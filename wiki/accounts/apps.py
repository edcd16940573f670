"""Wagtail's user administration with the wiki's own user forms."""

from __future__ import annotations

from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(WagtailUsersAppConfig):
    """Replaces `wagtail.users` in INSTALLED_APPS."""

    user_viewset = "wiki.accounts.admin.UserViewSet"
