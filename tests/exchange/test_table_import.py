"""Import of tables from the browser: upload, mapping, preview, import and report; merges and repeated imports."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client

from tests.tasks import follow
from wiki.accounts.models import User
from wiki.exchange.models import TableImport
from wiki.pages.models import Changeset, PageVersion, Stewardship, WikiPage
from wiki.text.frontmatter.frontmatter_reader import parse_front_matter

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
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


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """Alice's browser."""
    client.force_login(alice)
    return client


def test_a_table_becomes_pages_and_changes_nothing_the_second_time(browser: Client) -> None:
    preview = mapped(browser, upload(browser, PLACES))
    assert (preview.context["counts"]["create"], preview.context["counts"]["bad"]) == (2, 0)
    assert not WikiPage.objects.exists()
    report = confirm(browser, preview)
    assert counts(report.context["report"]) == (2, 0, 0, 0)
    assert "Le Comptoir" in report.content.decode()
    assert facts("Le Comptoir") == {
        "Nature": "Lieu", "Adresse": "9 rue Haute", "Ville": "Nantes", "Code postal": "44300",
        "Coordonnées": "47.245935, -1.505602",
    }  # fmt: skip
    page = WikiPage.objects.get(full_title="Le Comptoir")
    assert (page.is_place, page.license, page.kind.key) == (True, "etalab-2.0", "place")
    assert (page.origin.source, page.origin.identifier) == ("lieux", "1")
    assert not Stewardship.objects.exists()
    changeset = Changeset.objects.get()
    assert (changeset.act, changeset.by.username, changeset.versions.count()) == ("import", "alice", 2)
    assert TableImport.objects.get().content is None
    versions = PageVersion.objects.count()
    assert counts(whole(browser, PLACES)) == (0, 0, 2, 0)
    assert (PageVersion.objects.count(), Changeset.objects.count()) == (versions, 1)
