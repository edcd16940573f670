"""The rows of the permission matrix, `tests/permission_matrix.py`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """The status codes of a request, in the order of CAST."""

    statuses: tuple[int, int, int, int]
    arguments: dict[str, str] = field(default_factory=dict)
    query: str = ""
    post: bool = False
    """A POST without fields: the permission is checked before the form is validated."""


def everyone(status: int = 200, **arguments: str) -> Row:
    """Return a row with the same status for all users."""
    return Row((status, status, status, status), arguments)


def accounts_only() -> Row:
    """Return the row of a view for everybody with an account; anna is redirected to sign in."""
    return Row((200, 200, 200, 302))


def same(names: tuple[str, ...], *rows: Row) -> dict[str, list[Row]]:
    """Return the same rows for several names of a URL, or for views that refuse alike."""
    return {name: list(rows) for name in names}


def refused_writing(**arguments: str) -> list[Row]:
    """Return the row of a view for users who are not blocked; anna is redirected to sign in."""
    return [Row((200, 200, 403, 302), arguments)]


def stewards_only(post: int, **arguments: str) -> list[Row]:
    """Return the rows of a view for stewards only; `post` is the status of bob's empty form."""
    return [
        Row((403, 200, 403, 302), arguments),
        Row((403, post, 403, 302), arguments, post=True),
    ]
