"""Texts as they are stored, and their checksums."""

from __future__ import annotations

import hashlib


def clean_text(text: str) -> str:
    r"""Return `text` as it is stored: newlines as `\\n`, without NUL characters and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def sha256_of(text: str | None) -> str:
    """Return the checksum of the text of a version; a deletion has the checksum of the empty text."""
    return hashlib.sha256((text or "").encode()).hexdigest()
