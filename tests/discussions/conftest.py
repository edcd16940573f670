"""A place of which bob is a steward, a page in it, and a thread about that by alice."""

from __future__ import annotations

import pytest

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.discussions import post_writer
from wiki.discussions.models import Thread
from wiki.pages.models import WikiPage


@pytest.fixture
def charter(alice: User, bob: User) -> WikiPage:
    """A page in a place with the steward bob."""
    return make_page("Charte", "# Charte\n\nOn range.", by=alice, place=make_place("Atelier", by=bob))


@pytest.fixture
def thread(charter: WikiPage, alice: User) -> Thread:
    """A thread by alice."""
    return post_writer.start_thread(charter, "Qui range ?", "Moi, @bob ?", alice).thread
