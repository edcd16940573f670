"""The parameters of one module of `action=query`: their names begin with its prefix, such as `ap` in `aplimit`.

A generator's parameters have a `g` before the prefix. Source: MediaWiki's API documentation (API:Query, API:Continue).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiki.api.api_request import ApiError, ApiRequest, parse_integer, unknown_value
from wiki.errors import gettext_noop
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MAX_LIMIT = 500
"""Most rows of one answer: MediaWiki's limit for users without the right `apihighlimits`."""
DEFAULT_LIMIT = 10


@dataclass(frozen=True, slots=True)
class ModuleParameters:
    """A view of a request: the parameters of one module, named without their prefix."""

    request: ApiRequest
    module: str
    prefix: str

    @property
    def user(self) -> Reader:
        """Who asks."""
        return self.request.user

    def get(self, name: str, default: str = "") -> str:
        """Return a parameter as sent, or `default`."""
        return self.request.get(self.prefix + name, default)

    def required(self, name: str) -> str:
        """Return a parameter that must be present. Raises ApiError."""
        return self.request.required(self.prefix + name)

    def flag(self, name: str) -> bool:
        """Whether a boolean parameter was sent."""
        return self.request.flag(self.prefix + name)

    def choices(self, name: str, known: Container[str], default: str = "") -> list[str]:
        """Return the known values of a multi-value parameter; warn of the others. Raises ApiError."""
        return self.request.choices(self.prefix + name, known, default, self.module)

    def choice(self, name: str, known: Container[str], default: str) -> str:
        """Return the value of a parameter that has one of the values in `known`. Raises ApiError."""
        return self.request.choice(self.prefix + name, known, default)

    def number(self, name: str, default: int, most: int, least: int = 0) -> int:
        """Return an integer between `least` and `most`. Raises ApiError."""
        return self.request.number(self.prefix + name, default, most, least, self.module)

    def limit(self, default: int = DEFAULT_LIMIT, most: int = MAX_LIMIT) -> int:
        """Return how many rows the answer may have. Raises ApiError."""
        return self.number("limit", default, most, 1)

    def refuse(self, *names: str) -> None:
        """Raise ApiError if one of these parameters was sent."""
        self.request.refuse(*(self.prefix + name for name in names))

    def namespaces(self, default: str = "*") -> set[int] | None:
        """Return the numbers in `namespace`, None for all (`*`). Raises ApiError."""
        requested = self.request.get_multi(self.prefix + "namespace", default)
        if "*" in requested:
            return None
        for number in requested:
            if not number.isdecimal() or len(number) >= 6 or int(number) not in titles.NAMESPACES:
                raise unknown_value(self.prefix + "namespace", number)
        return {int(number) for number in requested}

    def continuation(self, parts: int) -> list[str] | None:
        """Return the parts of `continue`, separated by `|` (the first may hold more of them). Raises ApiError."""
        raw = self.get("continue")
        if not raw:
            return None
        found = raw.rsplit("|", parts - 1)
        if len(found) != parts:
            raise bad_continuation()
        return found

    def title_key(self) -> tuple[str, str]:
        """Return key and title of the page that `title` or `pageid` names. Raises ApiError, TitleProblem."""
        title, raw_id = self.get("title"), self.get("pageid")
        if title and raw_id:
            raise cannot_use_with(self.prefix + "pageid", self.prefix + "title")
        if raw_id:
            page_id = parse_integer(self.prefix + "pageid", raw_id)
            page = WikiPage.objects.readable_by(self.user).filter(pk=page_id).first()
            if page is None:
                message = gettext_noop("There is no page with ID %(pageid)s.")
                raise ApiError("nosuchpageid", message, pageid=raw_id[:20])
            return page.title_key, page.full_title
        if not title:
            message = gettext_noop('The "%(name)s" parameter must be set.')
            raise ApiError("missingparam", message, name=self.prefix + "title")
        found = page_lookup.find(title, self.user)
        return titles.key_of(title), found.full_title if found else titles.clean_title(title)


def continuation_number(raw: str) -> int:
    """Return a number that `continue` holds. Raises ApiError."""
    if not raw.isdecimal() or len(raw) > 12:
        raise bad_continuation()
    return int(raw)


def bad_continuation() -> ApiError:
    """Return the error for a `continue` that no answer gave."""
    message = gettext_noop("Invalid continue parameter: pass on what the previous answer gave.")
    return ApiError("badcontinue", message)


def cannot_use_with(name: str, other: str, code: str = "invalidparammix") -> ApiError:
    """Return the error for two parameters of which only one may be sent."""
    message = gettext_noop('The "%(name)s" parameter cannot be used with "%(other)s".')
    return ApiError(code, message, name=name, other=other)
