"""A request to the action API: its parameters, and errors in MediaWiki's format.

Source of names and behaviour: MediaWiki's API documentation (Main module, data types, errors).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, ngettext

from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wiki.pages.models import Reader

MULTI_LIMIT = 50
"""Most values of one parameter: MediaWiki's limit for users without the right `apihighlimits`."""
NAMES_SHOWN = 20
"""Most names and values of the request that a warning repeats."""


class ApiError(Exception):
    """An error of the API: a code for machines, and a message for people (an English message id and its parameters)."""

    def __init__(self, code: str, info: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.info = info
        self.params = params


def unknown_value(name: str, value: str) -> ApiError:
    """Return the error for a value that a parameter cannot have."""
    message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
    return ApiError("badvalue", message, name=name, value=value[:60])


def parse_integer(name: str, raw: str) -> int:
    """Return an integer of at most 12 characters. Raises ApiError."""
    if not raw.removeprefix("-").isdecimal() or len(raw) > 12:
        message = gettext_noop('Invalid value "%(value)s" for integer parameter "%(name)s".')
        raise ApiError("badinteger", message, value=raw[:60], name=name)
    return int(raw)


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
        "errorformat",
        "errorlang",
        "errorsuselocal",
        "utf8",
        "ascii",
        "continue",
    ]
)
"""Parameters of MediaWiki's main module that clients send with every action, and that change nothing in an answer."""


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
    warnings: dict[str, list[str]] = field(default_factory=dict)
    """What was asked and is not done, in the language of the request, by the name of the module."""

    @property
    def true(self) -> bool | str:
        """The value of a boolean that is true in a response: `true`, or "" in format version 1."""
        return True if self.version == 2 else ""

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

    def choices(self, name: str, known: Container[str], default: str = "", module: str = "main") -> list[str]:
        """Return the values of a multi-value parameter that are in `known`; warn of the others. Raises ApiError."""
        return self.keep_known(name, self.get_multi(name, default), known, module)

    def keep_known(self, name: str, values: Iterable[str], known: Container[str], module: str) -> list[str]:
        """Return the values that are in `known`; warn that the parameter `name` has others too."""
        sent = list(values)
        if unknown := [value for value in sent if value not in known]:
            message = ngettext(
                'Unrecognized value for parameter "%(name)s": %(values)s.',
                'Unrecognized values for parameter "%(name)s": %(values)s.',
                len(unknown),
            )
            shown = ", ".join(value[:60] for value in unknown[:NAMES_SHOWN])
            self.warn(module, message % {"name": name, "values": shown})
        return [value for value in sent if value in known]

    def choice(self, name: str, known: Container[str], default: str) -> str:
        """Return the value of a parameter that has one of the values in `known`. Raises ApiError."""
        value = self.get(name).strip() or default
        if value not in known:
            raise unknown_value(name, value)
        return value

    def number(self, name: str, default: int, most: int, least: int = 0, module: str = "main") -> int:
        """Return an integer between `least` and `most` (`max`); warn if another one was sent. Raises ApiError."""
        raw = self.get(name).strip()
        if not raw:
            return default
        if raw == "max":
            return most
        return self.between(name, parse_integer(name, raw), least, most, module)

    def between(self, name: str, value: int, least: int, most: int, module: str) -> int:
        """Return the number between `least` and `most` that is nearest to `value`; warn if it is another one."""
        if not least <= value <= most:
            message = gettext('The value "%(value)d" for parameter "%(name)s" must be between %(least)d and %(most)d.')
            self.warn(module, message % {"value": value, "name": name, "least": least, "most": most})
        return max(least, min(value, most))

    def warn(self, module: str, message: str) -> None:
        """Add a warning, in the language of the request, unless `module` has given it already."""
        messages = self.warnings.setdefault(module, [])
        if message not in messages:
            messages.append(message)

    def refuse(self, *names: str) -> None:
        """Raise ApiError if one of these parameters was sent: the answer without it would be another one."""
        for name in names:
            if self.flag(name):
                message = gettext_noop('The "%(name)s" parameter is not supported here.')
                raise ApiError("unsupportedparam", message, name=name)

    def warn_of_unrecognized(self) -> None:
        """Warn of the parameters that were sent and that nothing looked at."""
        if ignored := sorted(self.parameters.keys() - self.known - COMMON_PARAMETERS):
            names = ", ".join(name[:60] for name in ignored[:NAMES_SHOWN])
            message = ngettext(
                "Unrecognized parameter: %(names)s.", "Unrecognized parameters: %(names)s.", len(ignored)
            )
            self.warn("main", message % {"names": names})

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
