"""What tests of archives share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests.conftest import Standing, person
from tests.exchange.archives import export, make_story
from wiki.pages.media_models import Picture


@pytest.fixture(scope="module")
def made(standing: Standing, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good archive, made once for all tests of a module; its page stands here, its picture does not."""
    folder = tmp_path_factory.mktemp("archive")
    with standing(), override_settings(MEDIA_ROOT=folder / "media", STAGING_ROOT=folder):
        raw = export(make_story(person("alice")))
        Picture.objects.get().delete()
    return raw


@pytest.fixture
def archive(made: bytes, db: None, settings: Any) -> bytes:
    """A good archive, whose picture is not here any more, and a place for its files."""
    Path(settings.STAGING_ROOT).mkdir(parents=True)
    return made
