"""Fixtures for watches and notifications."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_french() -> Iterator[None]:
    """Say sentences in French, whatever the language of the request of an earlier test was."""
    with translation.override("fr"):
        yield
