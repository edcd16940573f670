"""Places with facts, for the tests of the network."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.test import Client

from tests.factories import make_place
from wiki.accounts.models import User
from wiki.pages.models import WikiPage

FRENCH = {"accept-language": "fr"}


def accounts(*rows: tuple[int, str, str, str]) -> str:
    """The front matter of years with their shares; an empty share is left out."""
    names = ("Part publique", "Part privée", "Part contributive")
    lines = ["Comptes:"]
    for year, *shares in rows:
        lines.append(f"- Année: {year}")
        lines += [f"  {name}: {share}" for name, share in zip(names, shares, strict=True) if share]
    return "\n".join(lines)


def place_with(title: str, by: User, *facts: str, text: str = "Un lieu.") -> WikiPage:
    """A place with lines of front matter."""
    return make_place(title, by=by, text="---\n" + "\n".join(facts) + f"\n---\n{text}")


def soup_of(client: Client, address: str) -> BeautifulSoup:
    """The parsed page at an address, in French."""
    response = client.get(address, headers=FRENCH)
    assert response.status_code == 200, address
    return BeautifulSoup(response.content, "html.parser")


def text_of(soup: BeautifulSoup, selector: str) -> str:
    """The text of the only element that a selector finds, with single spaces."""
    [found] = soup.select(selector)
    return " ".join(found.get_text(" ").split())
