"""Fixtures of the licence tests: English is the active language by default."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def reader_of_english() -> Iterator[None]:
    """Activate English, whatever the default language of the site."""
    with translation.override("en"):
        yield
