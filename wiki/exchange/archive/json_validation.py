"""Validation of untrusted JSON: each value is checked for type, length and meaning, or refused with a message."""

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
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
_WEB = re.compile(r"https?://[^\s\x00-\x20\"<>\\^`{|}]+")
_URI_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:(?=\S)|(?:javascript|vbscript|data)\s*:)", re.IGNORECASE)
_NOT_WEB = gettext_noop("%(where)s: the source “%(value)s” is not a web address (http).")
_HOST = re.compile(r"[^\s\x00-\x20<>\"/\\]{1,255}")


def read_json(raw: bytes, where: str) -> dict[str, Any]:
    """Parse `raw` as a JSON object. Raises ArchiveProblem naming `where` when it is none."""
    try:
        values = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeated_keys
        )
    except (ValueError, RecursionError) as error:
        raise ArchiveProblem(gettext_noop("%(where)s cannot be read as JSON."), where=where) from error
    if not isinstance(values, dict):
        raise ArchiveProblem(gettext_noop("%(where)s cannot be read as JSON."), where=where)
    return values


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; raise ValueError for a repeated key, which parsers would interpret differently."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key comes twice")
    return values


class JsonReader:
    """Typed access to the keys of one JSON object. `where` names the object in error messages."""

    def __init__(self, values: Any, where: str) -> None:
        self.where = where
        if not isinstance(values, dict):
            self.refuse(gettext_noop("%(where)s is not what this format has there."))
        self._values: Mapping[str, Any] = values

    def refuse(self, message: str, **params: Any) -> NoReturn:
        """Raise ArchiveProblem for this object, with `message` and its parameters."""
        raise ArchiveProblem(message, where=self.where, **params)

    def has(self, key: str) -> bool:
        """Whether the object has `key`."""
        return key in self._values

    def refuse_other_keys(self, *keys: str) -> None:
        """Refuse any other key: its value could not be stored, and would be lost silently."""
        if unknown := sorted(set(self._values) - set(keys)):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is not part of the format."), key=unknown[0][:100])

    def raw(self, key: str, *kinds: type) -> Any:
        """Return the value of `key`, whose type must be one of `kinds` exactly (no subclass)."""
        value = self._values.get(key)
        if type(value) not in kinds:
            self.refuse(gettext_noop("%(where)s: “%(key)s” is missing, or of the wrong kind."), key=key)
        return value

    def text(self, key: str, limit: int, *, empty: bool = True, lines: bool = False) -> str:
        """Return a text of at most `limit` characters, without control characters (line breaks and tabs if `lines`)."""
        value: str = self.raw(key, str)
        self.check_text(key, value, limit, empty=empty, lines=lines)
        return value

    def check_text(self, key: str, value: Any, limit: int, *, empty: bool = True, lines: bool = False) -> None:
        """Refuse `value` unless `text` would return it."""
        allowed = "\n\r\t" if lines else ""
        if type(value) is not str or len(value) > limit or not (value.strip() or empty):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is empty, too long, or no text."), key=key)
        if any(unicodedata.category(character) in ("Cc", "Cs") and character not in allowed for character in value):
            self.refuse(gettext_noop("%(where)s: “%(key)s” holds control characters."), key=key)

    def number(self, key: str, low: int, high: int) -> int:
        """Return an integer from `low` to `high`."""
        value: int = self.raw(key, int)
        if not low <= value <= high:
            self.refuse(gettext_noop("%(where)s: “%(key)s” is out of bounds."), key=key)
        return value

    def flag(self, key: str) -> bool:
        """Return a boolean; False when the key is missing."""
        return bool(self.raw(key, bool)) if self.has(key) else False

    def text_list(self, key: str, most: int, limit: int) -> list[str]:
        """Return a list of at most `most` texts that are not empty, each of at most `limit` characters."""
        values: list[str] = self.raw(key, list)
        if len(values) > most:
            self.refuse(gettext_noop("%(where)s: “%(key)s” is too long."), key=key)
        for value in values:
            self.check_text(key, value, limit, empty=False)
        return values

    def title(self, key: str) -> str:
        """Return a full title in the normal form of this wiki."""
        value = self.text(key, 255, empty=False)
        if not _is_title(value):
            self.refuse(gettext_noop("%(where)s: “%(title)s” cannot be the title of a page."), title=value)
        return value

    def license(self, key: str) -> str:
        """Return a licence expression of free licences in the catalogue."""
        value = self.text(key, 255, empty=False)
        if not _is_usable(value):
            self.refuse(
                gettext_noop("%(where)s: “%(license)s” is not a free licence that this wiki knows."), license=value
            )
        return value

    def language(self, key: str) -> str:
        """Return the language of a page: "fr" or "en"."""
        value = self.text(key, 8)
        if value not in ("fr", "en"):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is out of bounds."), key=key)
        return value

    def host(self, key: str) -> str:
        """Return the host name of a site."""
        value = self.text(key, 255, empty=False)
        if not _HOST.fullmatch(value):
            self.refuse(gettext_noop("%(where)s: “%(key)s” is not the name of a site."), key=key)
        return value

    def timestamp(self, key: str) -> datetime:
        """Return a date and time in UTC, not in the future (apart from CLOCK_SKEW)."""
        value = self.text(key, 40)
        try:
            if not _TIMESTAMP.fullmatch(value) or value < "1000":
                raise ValueError(value)
            when = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(gettext_noop("%(where)s: “%(value)s” is not a date in UTC."), value=value)
        if when > timezone.now() + CLOCK_SKEW:
            self.refuse(gettext_noop("%(where)s is dated in the future: %(value)s."), value=value)
        return when

    def web_address(self, key: str, *, empty: bool = False) -> str:
        """Return an http or https URL; "" is allowed if `empty`."""
        value = self.text(key, 2000)
        if not (empty and not value) and not _WEB.fullmatch(value):
            self.refuse(_NOT_WEB, value=value[:100])
        return value

    def source(self, key: str, limit: int) -> str:
        """Return a source: free text, or an http or https URL. URIs of other schemes are refused."""
        value = self.text(key, limit, lines=True)
        if _URI_SCHEME.match(value) and not value.strip().lower().startswith(("http://", "https://")):
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
