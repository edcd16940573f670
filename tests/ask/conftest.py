"""A stricter permission filter than the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Q

from wiki.pages import read_permissions


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Hide a page from everyone: a stricter permission filter than the real one."""

    def hidden(title: str) -> None:
        is_shown = read_permissions.is_shown

        def is_shown_and_not_hidden(user: Any, page: str = "") -> Q:
            return is_shown(user, page) & ~Q(**{f"{page}full_title": title})

        monkeypatch.setattr(read_permissions, "is_shown", is_shown_and_not_hidden)

    return hidden
