"""Floor 0: the one small tree of errors that people may see. No Django here.

An error carries an English message with named placeholders (the message id of its
translation), its parameters, and the HTTP status that a door answers with. What someone wrote
in a *text* is never an exception: it is a problem, shown in the page (`wiki.text.problems`).
"""

from __future__ import annotations

from typing import Any


def gettext_noop(message: str) -> str:
    """Mark `message` for translation and return it unchanged (xgettext knows the name)."""
    return message


class WikiError(Exception):
    """What was wrong, where, and how to mend it, in words that a door can translate."""

    status = 400

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params = params


class NotAllowed(WikiError):
    """The person may not do this here."""

    status = 403


class Refused(WikiError):
    """The wiki declines the change: a rule, a limit, or a missing condition."""

    status = 422


class TitleTaken(Refused):
    """Another page has that title, or the prefix of a new place is in use."""

    status = 409


class RateLimitExceeded(Refused):
    """A limit per minute or hour is spent."""

    status = 429


class DatabaseBusy(WikiError):
    """The database stayed locked; nothing was saved, nothing is lost."""

    status = 503


class LicenseConflict(Refused):
    """A licence does not allow this."""


class ArchiveProblem(Refused):
    """An archive is refused whole, and why."""


class ImportProblem(Refused):
    """A file to import cannot be read, and where."""


class EditConflict(WikiError):
    """Two people changed the same words. Carries the three texts; nothing is lost.

    `base`, `mine` and `theirs` are whole texts; `theirs_version` is the number that a new
    attempt has to be based on; `merged` is a proposal with the clashes marked.
    """

    status = 409

    def __init__(self, base: str, mine: str, theirs: str, theirs_version: int) -> None:
        super().__init__(gettext_noop("Someone else changed the same words meanwhile."))
        self.base = base
        self.mine = mine
        self.theirs = theirs
        self.theirs_version = theirs_version
