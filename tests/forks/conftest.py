"""A practice by alice at the root level, and a fork by bob."""

from __future__ import annotations

import pytest

from tests.forks.fork_factories import make_fork, make_practice
from wiki.accounts.models import User
from wiki.pages.models import WikiPage


@pytest.fixture
def bread(alice: User) -> WikiPage:
    """The upstream page."""
    return make_practice(alice)


@pytest.fixture
def fork(bread: WikiPage, bob: User) -> WikiPage:
    """The fork by bob, without changes."""
    return make_fork(bread, "Le Fournil", bob)
