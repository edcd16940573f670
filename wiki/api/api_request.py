"""One request to the action API: its parameters, and the problems it may meet.

Source of names and behaviour: MediaWiki's API documentation (Main module, data types, errors).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wiki.pages.models import Reader

MULTI_LIMIT = 50
"""Values of one parameter, as MediaWiki gives those without `apihighlimits`."""


class ApiError(Exception):
    """An error in MediaWiki's form: a code for machines, words for people (an English message id)."""

    def __init__(self, code: str, info: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.info = info
        self.params = params


@dataclass(slots=True)
class ApiRequest:
    """A request with its parameters read."""

    http_request: HttpRequest
    parameters: dict[str, str]
    user: Reader
    language: str
    version: int = 1
    """`formatversion`: 2 has real booleans and lists of pages."""

    def get(self, name: str, default: str = "") -> str:
        """A parameter as sent."""
        return self.parameters.get(name, default)

    def required(self, name: str) -> str:
        """A parameter that has to be there (it may be empty). Raises ApiProblem."""
        if name not in self.parameters:
            raise ApiError("missingparam", gettext_noop('The "%(name)s" parameter must be set.'), name=name)
        return self.parameters[name]

    def flag(self, name: str) -> bool:
        """A boolean parameter: true when it is there, whatever it says."""
        return name in self.parameters

    def get_multi(self, name: str, default: str = "") -> list[str]:
        """The values of a parameter, divided by the bar, or by U+001F where it begins with one. Raises ApiProblem."""
        raw = self.get(name, default)
        values = raw[1:].split("\x1f") if raw.startswith("\x1f") else raw.split("|")
        found = list(dict.fromkeys(value.strip() for value in values if value.strip()))
        if len(found) > MULTI_LIMIT:
            message = gettext_noop('Too many values supplied for parameter "%(name)s". The limit is %(limit)d.')
            raise ApiError("toomanyvalues", message, name=name, limit=MULTI_LIMIT)
        return found

    def number(self, name: str, default: int, most: int, least: int = 0) -> int:
        """A whole number; `max` is the most that may be asked for. Raises ApiProblem."""
        raw = self.get(name).strip()
        if not raw:
            return default
        if raw == "max":
            return most
        if not raw.lstrip("-").isdecimal() or len(raw) > 12:
            message = gettext_noop('Invalid value "%(value)s" for integer parameter "%(name)s".')
            raise ApiError("badinteger", message, value=raw[:60], name=name)
        return max(least, min(int(raw), most))

    def require_post(self) -> None:
        """Raise ApiProblem unless this is a POST: what changes something is never an address."""
        if self.http_request.method != "POST":
            message = gettext_noop('The "%(action)s" action requires a POST request.')
            raise ApiError("mustbeposted", message, action=self.get("action"))

    def require_in_body(self, *names: str) -> None:
        """Raise ApiProblem when a secret stands in the address, where logs keep it."""
        for name in names:
            if name in self.http_request.GET:
                message = gettext_noop(
                    'The "%(name)s" parameter was found in the query string; put it in the POST body.'
                )
                raise ApiError("mustpostparams", message, name=name)
