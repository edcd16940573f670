"""Shared fixtures for archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from tests.conftest import Standing, person
from tests.exchange.archives import export, make_story
from wiki.accounts.models import User
from wiki.pages.media_models import Picture


@pytest.fixture(scope="module")
def exported_archive(standing: Standing, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A valid archive, exported once for all tests of a module; its page exists, its picture was deleted."""
    folder = tmp_path_factory.mktemp("archive")
    with standing(), override_settings(MEDIA_ROOT=folder / "media", STAGING_ROOT=folder):
        raw = export(make_story(person("alice")))
        Picture.objects.get().delete()
    return raw


@pytest.fixture
def archive(exported_archive: bytes, db: None, settings: Any) -> bytes:
    """A valid archive whose picture was deleted, with an existing staging folder."""
    Path(settings.STAGING_ROOT).mkdir(parents=True)
    return exported_archive


@pytest.fixture
def uploader(client: Client, alice: User) -> Client:
    """A client that Alice is signed in with."""
    client.force_login(alice)
    return client
