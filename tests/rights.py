"""Who gets what answer at each address: the rights matrix. `test_house.py` fails for an address without a row.

Alice edits, bob stewards the place "Atelier", charlie is blocked, anna is anonymous. The pages that rows speak of are
made by `scene` below. 200 is the screen, 302 a way elsewhere (for anna: to sign in), 403 a refusal, 404 nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.making import make_page, make_place

if TYPE_CHECKING:
    from wiki.accounts.models import User

CAST = ("alice", "bob", "charlie", "anna")
PAGE = "Atelier:Charte"


@dataclass(frozen=True)
class Row:
    """The answers to one request, in the order of the cast."""

    answers: tuple[int, int, int, int]
    arguments: dict[str, str] = field(default_factory=dict)
    query: str = ""
    post: bool = False
    """A POST without any field: whoever lacks the right is refused before the form is read."""


def everyone(status: int = 200, **arguments: str) -> Row:
    """The same answer for all four."""
    return Row((status, status, status, status), arguments)


def scene(alice: User, bob: User) -> None:
    """The pages that the rows name: a place looked after by bob, and a page by alice in it."""
    place = make_place("Atelier", by=bob)
    make_page("Charte", "# Charte\n\nUn texte.", by=alice, place=place)


ROWS: dict[str, list[Row]] = {}
