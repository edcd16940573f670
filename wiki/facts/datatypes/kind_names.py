"""Names of the kinds of pages, cached in memory for some seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.db.models.signals import post_delete, post_save

from wiki.pages.models import Kind
from wiki.text.titles import fold

CACHE_SECONDS = 5.0
"""Seconds until a change of kinds by another process is seen."""


class KindNames:
    """Names of all kinds; one query after a change, or when the cache has expired."""

    def __init__(self) -> None:
        self._loaded_at = float("-inf")
        self._rows: dict[str, Kind] = {}
        self._keys: dict[str, str] = {}
        for signal in (post_save, post_delete):
            signal.connect(self.invalidate, sender=Kind, weak=False)

    def invalidate(self, **signal: Any) -> None:
        """Empty the cache; also the receiver of signals of `Kind`."""
        self._loaded_at = float("-inf")

    def _load(self) -> None:
        """Load the kinds, unless the cache is valid."""
        if time.monotonic() - self._loaded_at < CACHE_SECONDS:
            return
        rows = {kind.key: kind for kind in Kind.objects.all()}
        self._keys = {
            fold(name): kind.key
            for kind in rows.values()
            for name in (kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en, kind.key)
        }
        self._rows, self._loaded_at = rows, time.monotonic()

    def keys_by_name(self) -> Mapping[str, str]:
        """Return the keys of kinds by folded name."""
        self._load()
        return self._keys

    def name_of(self, key: str, language: str) -> str:
        """Return the name of a kind in `language`; its key if it was deleted."""
        self._load()
        kind = self._rows.get(key)
        return key if kind is None else kind.name_fr if language.startswith("fr") else kind.name_en


NAMES = KindNames()
