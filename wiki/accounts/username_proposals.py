"""User names proposed to people who typed one that cannot be used, such as «Prénom Nom»."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

NAME_LIMIT = 80
"""Maximal number of characters of a user name."""
ATTEMPTS = 9
"""How many names are tried, with a number at their end, if others have them."""
HTML_PATTERN = r"[\p{L}\p{M}\p{N}_.@+\-]+"
"""The signs of a user name as the attribute `pattern` of HTML says them: browsers then send no other name."""
_REFUSED = re.compile(r"[^\w.@+-]")


def propose_username(typed: str, is_taken: Callable[[str], bool]) -> str:
    """Return a user name that is like the typed one and not taken; "" if there is none.

    Words are joined by dots, and signs that a user name cannot have are left out.
    """
    words = (_REFUSED.sub("", word) for word in unicodedata.normalize("NFKC", typed).split())
    name = ".".join(word for word in words if word)[: NAME_LIMIT - 1].strip(".")
    if not any(character.isalnum() for character in name):
        return ""
    candidates = (f"{name}{number if number > 1 else ''}" for number in range(1, ATTEMPTS + 1))
    return next((candidate for candidate in candidates if not is_taken(candidate)), "")
