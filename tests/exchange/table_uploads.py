"""Tables that a browser uploads: the steps from the file to the report."""

from __future__ import annotations

import io
from typing import Any

from django.test import Client

from tests.tasks import follow
from wiki.accounts.models import User
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text.frontmatter.frontmatter_reader import parse_front_matter

PLACES = """ID,Nom,Adresse,CP,Commune,LAT,LONG
1,Le Comptoir,9 rue Haute,44300,Nantes,47.245935,-1.505602
2,Chez Zoé,6 rue du Port,29200,Brest,48.390394,-4.486076
"""


def upload(client: Client, content: bytes | str, name: str = "lieux.csv", **data: str) -> Any:
    """Upload a table; return the response."""
    raw = content.encode() if isinstance(content, str) else content
    file = io.BytesIO(raw)
    file.name = name
    return client.post(
        "/import-table", {"kind": "place", "license": "etalab-2.0", "language": "fr", **data, "file": file}
    )


def mapped(client: Client, response: Any, **changes: str) -> Any:
    """Send the mapping that a response leads to, with changed targets by name of column; return the preview."""
    assert response.status_code == 302, response.context["form"].errors
    form = client.get(response["Location"]).context["form"]
    data = {"source": changes.pop("source", form.initial["source"])}
    for number, column in enumerate(form.columns):
        data[f"column_{number}"] = changes.get(column, form.initial.get(f"column_{number}", ""))
    return client.get(follow(client, client.post(response["Location"], data))["Location"])


def confirm(client: Client, preview: Any, **options: str) -> Any:
    """Import what a preview shows; return the report."""
    response = client.post(preview.request["PATH_INFO"], {"import": "1", **options})
    return client.get(follow(client, response)["Location"])


def whole(client: Client, content: bytes | str, **options: str) -> Any:
    """Import a table as it is guessed; return the report's context."""
    return confirm(client, mapped(client, upload(client, content)), **options).context["report"]


def facts(title: str) -> dict[str, Any]:
    """Return the front matter of a page."""
    text = WikiPage.objects.get(full_title=title).source.text or ""
    return {entry.key: entry.value for entry in parse_front_matter(text).data}


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return how many rows were created, changed, kept and refused."""
    return report["create"], report["change"], report["keep"], report["refuse"]


def change(title: str, old: str, new: str, by: User) -> None:
    """Edit a page as a person."""
    page = WikiPage.objects.get(full_title=title)
    text = page.source.text or ""
    assert old in text
    page_writer.edit(page, text.replace(old, new), Author.of(by))
