"""The names of kinds of pages, from their rows, kept in memory for a moment."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.db.models.signals import post_delete, post_save

from wiki.pages.models import Kind
from wiki.text.titles import fold

CACHE_SECONDS = 5.0
"""Seconds after which another process' change of a kind is seen."""


class KindNames:
    """Names of all kinds; one query when they are asked for after a change or a pause."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._rows: dict[str, Kind] = {}
        self._keys: dict[str, str] = {}
        for signal in (post_save, post_delete):
            signal.connect(self.invalidate, sender=Kind, weak=False)

    def invalidate(self, **signal: Any) -> None:
        """Ask again next time."""
        self._read_at = float("-inf")

    def _read(self) -> None:
        if time.monotonic() - self._read_at < CACHE_SECONDS:
            return
        rows = {kind.key: kind for kind in Kind.objects.all()}
        self._keys = {
            fold(name): kind.key
            for kind in rows.values()
            for name in (kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en, kind.key)
        }
        self._rows, self._read_at = rows, time.monotonic()

    def keys_by_name(self) -> Mapping[str, str]:
        """Keys by folded name."""
        self._read()
        return self._keys

    def name_of(self, key: str, language: str) -> str:
        """The name of a kind in `language`; its key where there is no such kind any more."""
        self._read()
        kind = self._rows.get(key)
        return key if kind is None else kind.name_fr if language.startswith("fr") else kind.name_en


NAMES = KindNames()
