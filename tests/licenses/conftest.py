"""Tests of this room read English, unless they say otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def reader_of_english() -> Iterator[None]:
    """Let sentences come in English, whatever the site's own language."""
    with translation.override("en"):
        yield
