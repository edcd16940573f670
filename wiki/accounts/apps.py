"""Wagtail's user administration, with the wiki's own form for people."""

from __future__ import annotations

from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(WagtailUsersAppConfig):
    """Stands in INSTALLED_APPS in place of `wagtail.users`."""

    user_viewset = "wiki.accounts.admin.UserViewSet"
