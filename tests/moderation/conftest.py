"""A practice of alice's in the commons, and bob's fork of it."""

from __future__ import annotations

import pytest

from tests.forks.fork_factories import make_fork, make_practice
from wiki.accounts.models import User
from wiki.pages.models import WikiPage


@pytest.fixture
def bread(alice: User) -> WikiPage:
    """The original."""
    return make_practice(alice)


@pytest.fixture
def fork(bread: WikiPage, bob: User) -> WikiPage:
    """Bob's fork of it, as it was taken home."""
    return make_fork(bread, "Le Fournil", bob)
