"""What tests of archives share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange.archives import export, make_story
from wiki.pages.media import Picture

if TYPE_CHECKING:
    from wiki.accounts.models import User


@pytest.fixture
def archive(alice: User, settings: Any) -> bytes:
    """A good archive, whose picture is not here any more."""
    Path(settings.STAGING_ROOT).mkdir(parents=True)
    raw = export(make_story(alice))
    Picture.objects.get().delete()
    return raw
