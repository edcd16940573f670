"""Random histories: versions can be put together from passages, and nobody is credited for words of others."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_place
from tests.history.test_passages import by, check_rebuild
from wiki.forks import fork_creation
from wiki.history.models import Passage
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_writer
from wiki.pages.writing.version_store import NewVersion, store
from wiki.text.passages import folded_words, identity_of, split_passages

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
WORDS = (
    "le", "la", "de", "un", "lieu", "atelier", "porte", "bois", "jardin", "four", "pain", "table", "ouvert",
    "ensemble", "chaque", "jour", "merci", "oui",
)  # fmt: skip
NAMES = ("Ada", "Bob", "Chloé", "Dan")


class Writers:
    """Users who edit some pages, by a random seed."""

    def __init__(self, seed: int, place: WikiPage) -> None:
        self.dice = random.Random(seed)
        self.place = place
        self.pages = [page_writer.create(f"Page {number}", self.text(), by("Ada")).page for number in range(2)]
        self.acts: list[Callable[[], None]] = [
            self.edit, self.edit, self.edit, self.edit, self.restore, self.vandalize, self.delete, self.fork, self.move,
            self.import_versions,
        ]  # fmt: skip

    def text(self) -> str:
        """Return a text of a few blocks."""
        return "\n\n".join(self.block() for _ in range(self.dice.randint(0, 6)))

    def block(self) -> str:
        """Return a paragraph, an item or a heading; short ones occur repeatedly."""
        words = " ".join(self.dice.choices(WORDS, k=self.dice.choice((0, 1, 2, 3, 8, 15))))
        return f"{self.dice.choice(('', '', '', '- ', '# '))}{words or 'Merci.'}"

    def page(self) -> WikiPage:
        """Return one of the pages, reloaded."""
        return page_lookup.reload_page(self.dice.choice(self.pages).pk)

    def changed(self, text: str) -> str:
        """Return a text after a random edit."""
        blocks = text.split("\n\n")
        for _ in range(self.dice.choice((1, 1, 1, 2, 4))):
            at = self.dice.randrange(len(blocks) + 1)
            words = blocks[at].split() if at < len(blocks) else []
            match self.dice.randrange(7):
                case 0:
                    blocks.insert(at, self.block())
                case 1:
                    blocks[at : at + 1] = []
                case 2 if words:
                    words[self.dice.randrange(len(words))] = self.dice.choice(WORDS)
                    blocks[at] = " ".join(words)
                case 3 if words:
                    blocks[at] = blocks[at].replace(" ", ",  ", 1)
                case 4 if words:
                    half = self.dice.randrange(len(words))
                    blocks[at : at + 1] = [" ".join(words[:half]), " ".join(words[half:])]
                case 5:
                    blocks[at : at + 2] = [" ".join(blocks[at : at + 2])]
                case _:
                    self.dice.shuffle(blocks)
        return "\n\n".join(blocks)

    def edit(self) -> None:
        page = self.page()
        if not page.is_deleted:
            page_writer.edit(page, self.changed(page.source.text or ""), by(self.dice.choice(NAMES)))

    def restore(self) -> None:
        page = self.page()
        old = self.dice.choice(list(page.versions.select_related("stored"))).text()
        if old is not None and not page.is_deleted:
            page_writer.edit(page, old, by(self.dice.choice(NAMES)))

    def vandalize(self) -> None:
        page = self.page()
        if not page.is_deleted:
            page_writer.edit(page, "mdr", by("Dan"))

    def delete(self) -> None:
        page = self.page()
        action = page_writer.undelete if page.is_deleted else page_writer.delete
        action(page, by("Bob"))

    def fork(self) -> None:
        page = self.page()
        title = f"Copie {len(self.pages)}"
        if not page.is_deleted:
            self.pages.append(fork_creation.fork(page, fork_creation.ForkTarget(self.place, title=title), by("Chloé")))

    def move(self) -> None:
        """Move blocks from one page to another in one changeset."""
        pages = [page for page in map(page_lookup.reload_page, [page.pk for page in self.pages]) if not page.is_deleted]
        if len(pages) < 2:
            return
        source, target = self.dice.sample(pages, 2)
        source_blocks, target_blocks = (
            (source.source.text or "").split("\n\n"),
            (target.source.text or "").split("\n\n"),
        )
        moved = [
            source_blocks.pop(self.dice.randrange(len(source_blocks))),
            *([target_blocks.pop()] if self.dice.random() < 0.3 else []),
        ]
        versions = [
            NewVersion(source, "\n\n".join([*source_blocks, *moved[1:]]), PageFields.of(source), by("Ada")),
            NewVersion(target, "\n\n".join([*target_blocks, moved[0]]), PageFields.of(target), by("Ada")),
        ]
        self.dice.shuffle(versions)
        store(versions, Changeset(act=Changeset.Act.MOVE))

    def import_versions(self) -> None:
        """Store several versions in one write."""
        page = self.page()
        text, versions = page.source.text or "", []
        for _ in range(3):
            text = self.changed(text)
            versions.append(NewVersion(page, text, PageFields.of(page), by(self.dice.choice(NAMES))))
        store(versions, Changeset(act=Changeset.Act.IMPORT))


def check_lifetimes(page: WikiPage) -> None:
    """Check that each version consists of its passages, and that passages end after they begin."""
    rows = list(Passage.objects.filter(page=page))
    assert all(row.removed_in is None or row.removed_in > row.added_in for row in rows)
    assert all(row.removed_at is None or row.removed_at >= row.added_at for row in rows)
    for version in page.versions.select_related("stored"):
        current = Passage.objects.filter(
            Q(removed_in=None) | Q(removed_in__gt=version.number), page=page, added_in__lte=version.number
        )
        identities = [block.identity for block in split_passages(version.text() or "")]
        assert [row.identity for row in current.order_by("position")] == identities


def check_words(page: WikiPage) -> None:
    """Check that each word's author added it in that version, in a passage that it added."""
    for row in Passage.objects.filter(page=page):
        words = row.words.split()
        assert words == list(folded_words(row.text))
        assert row.identity == identity_of(row.text)
        assert sum(run[0] for run in row.runs) == len(words)
        at = 0
        for count, number, *foreign in row.runs:
            assert number <= row.added_in
            source_page, source_version = foreign or (page.pk, number)
            sources = Passage.objects.filter(page=source_page, added_in=source_version)
            available = Counter(word for source in sources for word in source.words.split())
            assert not Counter(words[at : at + count]) - available
            at += count


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_random_histories(seed: int, alice: User) -> None:
    with transaction.atomic():
        writers = Writers(seed, make_place("Lieu", by=alice))
        for _ in range(25):
            writers.dice.choice(writers.acts)()
        for page in writers.pages:
            check_lifetimes(page)
            check_words(page)
        check_rebuild()
        transaction.set_rollback(True)


def test_a_version_without_new_words_is_credited_for_none(alice: User) -> None:
    writers = Writers(1, make_place("Lieu", by=alice))
    page = writers.pages[0]
    page_writer.edit(page, "Un lieu ouvert à tous chaque jour.\n\nUn four à pain.", by("Ada"))
    for text, name in [
        ("Un lieu, ouvert à tous, chaque jour !\n\nUn four à pain.", "Bob"),
        ("Un four à pain.\n\nUn lieu, ouvert à tous, chaque jour !", "Chloé"),
        ("", "Dan"),
        ("UN FOUR À PAIN.\n\nUn lieu ouvert à tous chaque jour.", "Dan"),
    ]:
        page_writer.edit(page_lookup.reload_page(page.pk), text, by(name))
    numbers = {run[1] for row in Passage.objects.filter(page=page, removed_in=None) for run in row.runs}
    names = set(page.versions.filter(number__in=numbers).values_list("author_name", flat=True))
    assert "Bob" not in names
    assert "Chloé" not in names
