"""Comments, licences and languages of versions."""

from __future__ import annotations

import pytest

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.errors import Refused
from wiki.pages import page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

pytestmark = pytest.mark.django_db


def test_a_long_comment_is_kept_whole_or_refused(bob: User) -> None:
    page = make_page("Four", by=bob)
    comment = "é" * 700
    saved = page_writer.edit(page, "Autre chose.", Author.of(bob), EditSummary(comment))
    assert page.versions.get(number=saved.version).comment == comment
    too_long = "é" * (page_writer.COMMENT_LIMIT + 1)
    for write in (
        lambda: page_writer.edit(page, "Encore.", Author.of(bob), EditSummary(too_long)),
        lambda: page_writer.create("Autre", "Un.", Author.of(bob), summary=EditSummary(too_long)),
        lambda: page_writer.delete(page, Author(None, "script"), too_long),
        lambda: page_moves.move(page, "Ailleurs", Author(None, "script"), too_long),
    ):
        with pytest.raises(Refused, match="comment"):
            write()
    assert page_lookup.reload_page(page.pk).version == 2


def test_licence_and_language_change_in_one_version(bob: User) -> None:
    page = make_page("Four", by=bob)
    page_writer.set_fields(page, Author(None, "script"), "LAL-1.3", "en", "les deux")
    version = page.versions.get(number=2)
    assert (version.license, version.language, version.tags) == ("LAL-1.3", "en", ["license", "language"])
    assert not page_writer.set_fields(page_lookup.reload_page(page.pk), Author(None, "script"), "LAL-1.3", "en").changed
