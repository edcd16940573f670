"""Users with access to Wagtail's admin: the administrator eve, and bob as a Wagtail moderator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group

from wiki.accounts.models import User

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def administrator(db: None) -> User:
    """Return the superuser eve."""
    return User.objects.create_superuser("eve", password="x")


@pytest.fixture
def moderator(bob: User) -> User:
    """Return bob as a member of Wagtail's group «Moderators»."""
    bob.groups.add(Group.objects.get(name="Moderators"))
    return bob


@pytest.fixture
def admin_client(client_of: Any, administrator: User) -> Client:
    """Return a client signed in as eve, in English."""
    client: Client = client_of(administrator, language="en")
    return client
