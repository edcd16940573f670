"""Random histories of three pages that pull from each other: no text or author is lost, merges agree with git."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.forks.fork_factories import make_page, merge_of, text_of
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.forks.pull_merge import Merge
from wiki.forks.version_graph import texts_of
from wiki.history.authorship import authorship_of
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.text.frontmatter.frontmatter_reader import split_front_matter
from wiki.text.merging.document_merge import merge_documents

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

UNSHRUNK = (Phase.explicit, Phase.generate)
COUNT = itertools.count(1)
AUTHORS = ("Zoé", "Yanis", "Maël")


@dataclass
class World:
    """Three pages of a fork network, and everything written in them."""

    dice: random.Random
    pages: list[WikiPage] = field(default_factory=list)
    author_of: dict[str, str] = field(default_factory=dict)
    """Author of each word; each word is written once."""
    removed_words: set[str] = field(default_factory=set)
    """Words that an edit removed from some page."""
    known: list[set[str]] = field(default_factory=list)
    """Words that were ever in each page, or in a version pulled into it."""

    def word(self, author: str) -> str:
        """Return a new word."""
        word = f"mot{next(COUNT)}x"
        self.author_of[word] = author
        return word

    def sentence(self, author: str) -> str:
        """Return a paragraph of new words."""
        return " ".join(self.word(author) for _ in range(self.dice.randint(3, 7))) + "."

    def begin(self) -> None:
        """Create a page and two forks of it."""
        paragraphs = "\n\n".join(self.sentence(AUTHORS[0]) for _ in range(6))
        number = next(COUNT)
        original = make_page(f"Texte {number}", f"---\nNuméro: {number}\n---\n{paragraphs}\n")
        forks = [
            fork_creation.fork(original, ForkTarget(new_place=f"Lieu {number} {name}"), Author(None, name))
            for name in AUTHORS[1:]
        ]
        self.pages = [original, *forks]
        self.known = [set(self.author_of) for _ in self.pages]
        self.author_of = dict.fromkeys(self.author_of, "Quelqu'un")

    def edit(self, index: int) -> None:
        """Add or replace a paragraph, or change a word of one."""
        author = AUTHORS[index]
        front, body = split_front_matter(text_of(self.pages[index]))
        paragraphs = body.strip().split("\n\n")
        position = self.dice.randrange(len(paragraphs))
        operation = self.dice.choice(["add", "add", "exchange", "word"])
        old = paragraphs[position]
        if operation == "add":
            paragraphs.insert(position, self.sentence(author))
        elif operation == "exchange":
            paragraphs[position] = self.sentence(author)
            self.removed_words.update(old.replace(".", "").split())
        else:
            removed = self.dice.choice(old.replace(".", "").split())
            paragraphs[position] = old.replace(removed, self.word(author))
            self.removed_words.add(removed)
        text = front + "\n\n".join(paragraphs) + "\n"
        self.known[index] |= {word for word in self.author_of if word in text}
        page = page_lookup.reload_page(self.pages[index].pk)
        page_writer.edit(page, text, Author(None, author), base=page.version)

    def pull(self, index: int, other: int) -> None:
        """Pull one page into another; conflicts are resolved as "both"."""
        merge = merge_of(self.pages[index], self.pages[other])
        if merge.is_done:
            return
        check_agrees_with_git(merge)
        merge.save(merge.resolve_all("both"), Author(None, AUTHORS[index]))
        self.known[index] |= self.known[other]
        assert merge_of(self.pages[index], self.pages[other]).is_done

    def check(self) -> None:
        """Check that no text was lost unless it was removed by someone, and that each word has its author."""
        for page, known in zip(self.pages, self.known, strict=True):
            text = text_of(page)
            assert {word for word in known - self.removed_words if word not in text} == set()
            authorship = authorship_of(page_lookup.reload_page(page.pk))
            for attributed in authorship.attribute(authorship.passages):
                for chunk in attributed.spans if len(attributed.authors) > 1 else ():
                    if chunk.share is not None:
                        authors = {self.author_of[word] for word in chunk.text.replace(".", "").split()}
                        assert authors == {chunk.share.name}, (chunk.text, chunk.share.name)
                if len(attributed.authors) == 1:
                    authors = {self.author_of[word] for word in attributed.passage.text.replace(".", "").split()}
                    assert authors == {attributed.authors[0].name}, (
                        attributed.passage.text,
                        attributed.authors[0].name,
                    )


def check_agrees_with_git(merge: Merge) -> None:
    """Check that with a single merge base, a merge without conflict in git has the same result here.

    Blank lines can be matched in several ways. Without them the results must be equal; with them, only when both merge
    without conflict.
    """
    nodes = merge.graph.nodes
    bases = merge.graph.merge_bases([nodes[merge.mine.pk]], [nodes[merge.theirs.pk]])
    if len(bases) != 1 or shutil.which("git") is None:
        return
    texts = [texts_of(bases)[0][1], merge.mine.text() or "", merge.theirs.text() or ""]
    as_git = merged_by_git(*texts)
    assert None in (as_git, merge.merged.text) or as_git == merge.merged.text
    dense = [text.replace("\n\n", "\n") for text in texts]
    as_git = merged_by_git(*dense)
    assert as_git is None or as_git == merge_documents(*dense).text


def merged_by_git(base: str, mine: str, theirs: str) -> str | None:
    """Return the result of `git merge-file`; None on a conflict."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("base", base), ("mine", mine), ("theirs", theirs)):
            Path(folder, name).write_text(text, encoding="utf-8")
        command = ["git", "merge-file", "-p", "mine", "base", "theirs"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


@settings(max_examples=8, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
@pytest.mark.slow
def test_three_pages_pull_from_each_other(seed: int) -> None:
    world = World(random.Random(seed))
    world.begin()
    for _ in range(14):
        at = world.dice.randrange(3)
        if world.dice.random() < 0.6:
            world.edit(at)
        else:
            world.pull(at, world.dice.choice([one for one in range(3) if one != at]))
    world.check()


def test_derived_data_equals_a_rebuild() -> None:
    world = World(random.Random(7))
    world.begin()
    for at, other in itertools.islice(itertools.cycle(itertools.permutations(range(3), 2)), 10):
        world.edit(at)
        world.pull(at, other)
    world.check()
    before = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == before
