"""A request to the action API: its parameters, and errors in MediaWiki's format.

Source of names and behaviour: MediaWiki's API documentation (Main module, data types, errors).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wiki.pages.models import Reader

MULTI_LIMIT = 50
"""Most values of one parameter: MediaWiki's limit for users without the right `apihighlimits`."""


class ApiError(Exception):
    """An error of the API: a code for machines, and a message for people (an English message id and its parameters)."""

    def __init__(self, code: str, info: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.info = info
        self.params = params


COMMON_PARAMETERS = frozenset(
    [
        "action",
        "format",
        "formatversion",
        "uselang",
        "origin",
        "maxlag",
        "smaxage",
        "maxage",
        "assert",
        "assertuser",
        "requestid",
        "curtimestamp",
        "servedby",
        "errorformat",
        "errorlang",
        "errorsuselocal",
        "variant",
        "utf8",
        "ascii",
        "callback",
        "continue",
        "rawcontinue",
    ]
)
"""Parameters of MediaWiki's main module, which clients send with every action."""


@dataclass(slots=True)
class ApiRequest:
    """A request: its parameters, user and language."""

    http_request: HttpRequest
    parameters: dict[str, str]
    user: Reader
    language: str
    version: int = 1
    """`formatversion`: with 2, the response has real booleans, and pages in a list."""
    known: set[str] = field(default_factory=set)
    """Names of the parameters that the action looked at, whether they were sent or not."""

    def get(self, name: str, default: str = "") -> str:
        """Return a parameter as sent, or `default`."""
        self.known.add(name)
        return self.parameters.get(name, default)

    def required(self, name: str) -> str:
        """Return a parameter that must be present, though it may be empty. Raises ApiError."""
        self.known.add(name)
        if name not in self.parameters:
            raise ApiError("missingparam", gettext_noop('The "%(name)s" parameter must be set.'), name=name)
        return self.parameters[name]

    def flag(self, name: str) -> bool:
        """Return a boolean parameter: true when it is present, whatever its value."""
        self.known.add(name)
        return name in self.parameters

    def get_multi(self, name: str, default: str = "") -> list[str]:
        """Split a multi-value parameter, at `|`, or at U+001F if it begins with that. Raises ApiError."""
        raw = self.get(name, default)
        values = raw[1:].split("\x1f") if raw.startswith("\x1f") else raw.split("|")
        found = list(dict.fromkeys(value.strip() for value in values if value.strip()))
        if len(found) > MULTI_LIMIT:
            message = gettext_noop('Too many values supplied for parameter "%(name)s". The limit is %(limit)d.')
            raise ApiError("toomanyvalues", message, name=name, limit=MULTI_LIMIT)
        return found

    def number(self, name: str, default: int, most: int, least: int = 0) -> int:
        """Return an integer between `least` and `most`; the value `max` stands for `most`. Raises ApiError."""
        raw = self.get(name).strip()
        if not raw:
            return default
        if raw == "max":
            return most
        if not raw.lstrip("-").isdecimal() or len(raw) > 12:
            message = gettext_noop('Invalid value "%(value)s" for integer parameter "%(name)s".')
            raise ApiError("badinteger", message, value=raw[:60], name=name)
        return max(least, min(int(raw), most))

    def unrecognized(self) -> list[str]:
        """Return the names of the parameters that were sent and that nothing looked at, in order."""
        return sorted(self.parameters.keys() - self.known - COMMON_PARAMETERS)

    def require_post(self) -> None:
        """Raise ApiError unless the request is a POST."""
        if self.http_request.method != "POST":
            message = gettext_noop('The "%(action)s" action requires a POST request.')
            raise ApiError("mustbeposted", message, action=self.get("action"))

    def require_in_body(self, *names: str) -> None:
        """Raise ApiError if a secret parameter is in the query string, which servers log."""
        for name in names:
            if name in self.http_request.GET:
                message = gettext_noop(
                    'The "%(name)s" parameter was found in the query string; put it in the POST body.'
                )
                raise ApiError("mustpostparams", message, name=name)
