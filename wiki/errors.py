"""The exceptions whose messages users see. The lowest layer; no Django.

An error has an English message with named placeholders (the message id of its translation), its
parameters, and the HTTP status of the response. Mistakes in the *text* of a page are not exceptions
but problems, shown in the page (`wiki.text.problems`).
"""

from __future__ import annotations

from typing import Any


def gettext_noop(message: str) -> str:
    """Mark `message` for translation and return it unchanged (xgettext knows this function name)."""
    return message


class WikiError(Exception):
    """Base class: a message id for users (what is wrong and how to correct it) and its parameters."""

    status = 400

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params = params


class NotAllowed(WikiError):
    """The user lacks the permission for this action."""

    status = 403


class PageProtected(NotAllowed):
    """The page, or its place, is protected against changes by this user."""


class Refused(WikiError):
    """The change breaks a rule or a limit, or a condition for it is not met."""

    status = 422


class TitleTaken(Refused):
    """Another page has this title, or the prefix of a new place is in use."""

    status = 409


class RateLimitExceeded(Refused):
    """More requests than a rate limit allows (see `wiki.accounts.rate_limits`)."""

    status = 429


class ServerBusy(WikiError):
    """The server does as much as it can at the moment; the same request may succeed soon."""

    status = 503
    retry_after = 5
    """Seconds after which to try again."""


class DatabaseBusy(ServerBusy):
    """The database stayed locked; nothing was saved."""


class LicenseConflict(Refused):
    """A licence does not allow the change."""


class ArchiveProblem(Refused):
    """An archive is rejected as a whole."""


class ImportProblem(Refused):
    """A file cannot be imported."""


class EditConflict(WikiError):
    """The same words were changed twice, and the three-way merge has conflicts.

    `base`, `mine` and `theirs` are whole texts; `theirs_version` is the number of the version that
    the next attempt must be based on, `base_version` that of `base` (0 for no text).
    """

    status = 409

    def __init__(self, base: str, mine: str, theirs: str, theirs_version: int, base_version: int = 0) -> None:
        super().__init__(gettext_noop("The same words were changed meanwhile."))
        self.base = base
        self.mine = mine
        self.theirs = theirs
        self.theirs_version = theirs_version
        self.base_version = base_version
