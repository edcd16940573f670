"""Who enters Wagtail's admin: the administrator, and bob as a moderator of Wagtail's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group

from wiki.accounts.models import User

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def administrator(db: None) -> User:
    """Eve may do everything."""
    return User.objects.create_superuser("eve", password="x")


@pytest.fixture
def moderator(bob: User) -> User:
    """Bob, whom an administrator has also put into Wagtail's group «Moderators»."""
    bob.groups.add(Group.objects.get(name="Moderators"))
    return bob


@pytest.fixture
def admin_client(client_of: Any, administrator: User) -> Client:
    """The administrator's browser, in English."""
    client: Client = client_of(administrator, language="en")
    return client
