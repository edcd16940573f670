"""The public name of an account, as people are called («Prénom Nom»), and the user name that follows from it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NAME_LIMIT = 80
"""Maximal number of characters of a name."""
ATTEMPTS = 9
"""How many names are tried, with a number at their end, if others have them."""
HTML_PATTERN = r"[\p{L}\p{M}\p{N}_.@+'’ \-]+"
"""The signs of a public name as the attribute `pattern` of HTML says them: browsers then send no other name."""
_REFUSED_IN_USERNAME = re.compile(r"[^\w.+-]")
_REFUSED_IN_NAME = re.compile(r"[^\w.+'’ -]")


def clean_public_name(typed: str) -> str:
    """Return a new public name, with single spaces between its words. Raises ValidationError with the reason."""
    name = " ".join(unicodedata.normalize("NFKC", typed).split())
    if len(name) > NAME_LIMIT:
        raise ValidationError(_("Please choose a name of at most 80 characters."))
    if "@" in name:
        raise ValidationError(
            _("Everyone sees this name: please choose one without “@”. An e-mail address has its own field below.")
        )
    if _REFUSED_IN_NAME.search(name):
        raise ValidationError(_("Letters, digits, spaces and . ' + - _ only, please."))
    if not any(character.isalnum() for character in name):
        raise ValidationError(_("Please choose a name with at least one letter or digit."))
    if not any(character.isalpha() for character in name):
        raise ValidationError(_("A number alone says nobody who you are: please choose a name with letters."))
    return name


def username_for(name: str, is_taken: Callable[[str], bool]) -> str:
    """Return a user name for a public name that nobody has: the name itself where it can be one; "" if all are taken.

    Words are joined by dots, and signs that a user name cannot have are left out.
    """
    words = (_REFUSED_IN_USERNAME.sub("", word) for word in unicodedata.normalize("NFKC", name).split())
    username = ".".join(word for word in words if word)[: NAME_LIMIT - 1].strip(".")
    if not any(character.isalnum() for character in username):
        return ""
    return _first_free(username, "", is_taken)


def propose_name(typed: str, is_taken: Callable[[str], bool]) -> str:
    """Return a public name that is like a refused one and not taken; "" if there is none.

    Of an e-mail address it is the part before the sign; signs that a name cannot have are left out.
    """
    name = unicodedata.normalize("NFKC", typed).partition("@")[0]
    name = " ".join(_REFUSED_IN_NAME.sub(" ", name).split())[: NAME_LIMIT - 2].strip(" .'’-+")
    if not any(character.isalpha() for character in name):
        return ""
    return _first_free(name, " " if " " in name else "", is_taken)


def _first_free(name: str, separator: str, is_taken: Callable[[str], bool]) -> str:
    candidates = (name if number == 1 else f"{name}{separator}{number}" for number in range(1, ATTEMPTS + 1))
    return next((candidate for candidate in candidates if not is_taken(candidate)), "")
