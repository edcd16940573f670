"""Values out of a stranger's JSON: each is checked for kind, length and sense, or refused in words."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn

from django.utils import timezone

from wiki.errors import ArchiveProblem, LicenseConflict, gettext_noop
from wiki.licenses import catalogue
from wiki.text import titles

CLOCK_SKEW = timedelta(minutes=5)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
_WEB = re.compile(r"https?://[^\s\x00-\x20\"<>\\^`{|}]+")
_ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:(?=\S)|(?:javascript|vbscript|data)\s*:)", re.IGNORECASE)
_NOT_WEB = gettext_noop("%(where)s: the source “%(value)s” is not a web address (http).")
_HOST = re.compile(r"[^\s\x00-\x20<>\"/\\]{1,255}")


def read_json(raw: bytes, where: str) -> dict[str, Any]:
    """The object that `raw` holds. Raises ArchiveProblem naming `where` when it is none."""
    try:
        found = json.loads(raw.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ArchiveProblem(gettext_noop("%(where)s cannot be read as JSON."), where=where) from error
    if not isinstance(found, dict):
        raise ArchiveProblem(gettext_noop("%(where)s cannot be read as JSON."), where=where)
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no key comes twice: two readers would read two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


class JsonReader:
    """One JSON object, read key by key. `where` names it in refusals."""

    def __init__(self, values: Any, where: str) -> None:
        self.where = where
        if not isinstance(values, dict):
            self.refuse(gettext_noop("%(where)s is not what this format has there."))
        self._values: Mapping[str, Any] = values

    def refuse(self, message: str, **params: Any) -> NoReturn:
        """Refuse the archive because of this object."""
        raise ArchiveProblem(message, where=self.where, **params)

    def has(self, key: str) -> bool:
        """Whether the object says anything about `key`."""
        return key in self._values

    def refuse_other_keys(self, *keys: str) -> None:
        """Refuse keys that the format does not have: what cannot be kept is not taken in."""
        if unknown := sorted(set(self._values) - set(keys)):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is not part of the format."), key=unknown[0][:100])

    def raw(self, key: str, *kinds: type) -> Any:
        """The value of `key`, which must be of one of those kinds exactly."""
        value = self._values.get(key)
        if type(value) not in kinds:
            self.refuse(gettext_noop("%(where)s: “%(key)s” is missing, or of the wrong kind."), key=key)
        return value

    def text(self, key: str, limit: int, *, empty: bool = True, lines: bool = False) -> str:
        """A text for people of at most `limit` signs, without control characters."""
        value: str = self.raw(key, str)
        self.check_text(key, value, limit, empty=empty, lines=lines)
        return value

    def check_text(self, key: str, value: Any, limit: int, *, empty: bool = True, lines: bool = False) -> None:
        """Refuse `value` unless it is a text as `words` takes it."""
        allowed = "\n\r\t" if lines else ""
        if type(value) is not str or len(value) > limit or not (value.strip() or empty):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is empty, too long, or no text."), key=key)
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed for sign in value):
            self.refuse(gettext_noop("%(where)s: “%(key)s” holds control characters."), key=key)

    def number(self, key: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        value: int = self.raw(key, int)
        if not low <= value <= high:
            self.refuse(gettext_noop("%(where)s: “%(key)s” is out of bounds."), key=key)
        return value

    def flag(self, key: str) -> bool:
        """True or false; false where nothing is said."""
        return bool(self.raw(key, bool)) if self.has(key) else False

    def text_list(self, key: str, most: int, limit: int) -> list[str]:
        """A list of at most `most` texts."""
        values: list[str] = self.raw(key, list)
        if len(values) > most:
            self.refuse(gettext_noop("%(where)s: “%(key)s” is too long."), key=key)
        for value in values:
            self.check_text(key, value, limit, empty=False)
        return values

    def title(self, key: str) -> str:
        """A full title as this wiki writes titles."""
        value = self.text(key, 255, empty=False)
        if not _is_title(value):
            self.refuse(gettext_noop("%(where)s: “%(title)s” cannot be the title of a page."), title=value)
        return value

    def license(self, key: str) -> str:
        """A free licence of the catalogue."""
        value = self.text(key, 255, empty=False)
        if not _is_usable(value):
            self.refuse(
                gettext_noop("%(where)s: “%(license)s” is not a free licence that this wiki knows."), license=value
            )
        return value

    def language(self, key: str) -> str:
        """A language in which pages are written here."""
        value = self.text(key, 8)
        if value not in ("fr", "en"):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is out of bounds."), key=key)
        return value

    def host(self, key: str) -> str:
        """The name of a site."""
        value = self.text(key, 255, empty=False)
        if not _HOST.fullmatch(value):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is not the name of a site."), key=key)
        return value

    def timestamp(self, key: str) -> datetime:
        """A point in time, not in the future (clocks may differ by some minutes)."""
        value = self.text(key, 40)
        try:
            if not _MOMENT.fullmatch(value) or value < "1000":
                raise ValueError(value)
            when = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(gettext_noop("%(where)s: “%(value)s” is not a date in UTC."), value=value)
        if when > timezone.now() + CLOCK_SKEW:
            self.refuse(gettext_noop("%(where)s is dated in the future: %(value)s."), value=value)
        return when

    def web_address(self, key: str, *, empty: bool = False) -> str:
        """An address that begins with http:// or https://."""
        value = self.text(key, 2000)
        if not (empty and not value) and not _WEB.fullmatch(value):
            self.refuse(_NOT_WEB, value=value[:100])
        return value

    def source(self, key: str, limit: int) -> str:
        """Where something comes from, in words or as a web address; no other kind of address."""
        value = self.text(key, limit, lines=True)
        if _ADDRESS.match(value) and not value.strip().lower().startswith(("http://", "https://")):
            self.refuse(_NOT_WEB, value=value[:100])
        return value


@lru_cache(maxsize=1000)
def _is_title(value: str) -> bool:
    try:
        return titles.clean_title(value) == value and bool(titles.key_of(value))
    except titles.TitleProblem:
        return False


@lru_cache(maxsize=1000)
def _is_usable(expression: str) -> bool:
    try:
        return catalogue.require_free_license(expression) == expression
    except LicenseConflict:
        return False
