"""Compares the stored authorship with the true authors; `make bench` calls it, optionally with a history file.

In generated histories, the author of each word is known; for a real one, difflib compares all consecutive versions.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests.benchmarks.french_words import BOILERPLATE, LINKS, NOUNS, VERBS

EXTRACT = ROOT / "tests/data/cahier-extrait.jsonl"
SEEDS = (1, 2, 3)
PAGES, ACTS = 12, 600
NAMES = ("Ada", "Brahim", "Chloé", "Dan", "Élise", "Farid")
VANDAL = "Vandale"


@dataclass(frozen=True)
class Word:
    """A word with its true author."""

    text: str
    author: str


@dataclass
class Passage:
    """The words of a passage, and the character at its end."""

    words: list[Word]
    end: str = "."
    commas: set[int] = field(default_factory=set)
    """Indexes of the words that are followed by a comma."""

    @property
    def text(self) -> str:
        """The text of the passage in the page."""
        text = " ".join(f"{word.text}," if at in self.commas else word.text for at, word in enumerate(self.words))
        return f"{text}{self.end}"

    def copy(self) -> Passage:
        """Return a copy of the passage."""
        return Passage(list(self.words), self.end, set(self.commas))


Page = list[Passage]


def copied(page: Page) -> Page:
    """Return copies of the passages of a page."""
    return [passage.copy() for passage in page]


class World:
    """Generated pages with known authors of each word, written into the wiki version by version."""

    def __init__(self, seed: int) -> None:
        from wiki.pages.writing import page_writer

        self.dice = random.Random(seed)
        self.truth: dict[int, Page] = {}
        self.past: dict[int, list[Page]] = defaultdict(list)
        for number in range(PAGES):
            name = self.dice.choice(NAMES)
            page = [self.passage(name) for _ in range(self.dice.randint(4, 12))]
            made = page_writer.create(f"Page {number}", self.source(page), page_writer.Author(None, name)).page
            self.note(made.pk, page)
        self.places = self._places()

    def _places(self) -> list[Any]:
        from wiki.accounts.models import User
        from wiki.pages.writing import page_writer

        user = User.objects.create_user("bench", "bench@example.org", "x")
        titles = ("Labo", "Halle")
        return [page_writer.create_place(title, "Un lieu.", by=page_writer.Author.of(user)).page for title in titles]

    def note(self, pk: int, page: Page) -> None:
        """Record the current passages of a page, and those of each version."""
        self.truth[pk] = page
        self.past[pk].append(copied(page))

    def source(self, page: Page) -> str:
        """Return the text of a page."""
        return "\n\n".join(passage.text for passage in page)

    def sentence(self, author: str, size: int) -> list[Word]:
        """Generate words of an author with a realistic distribution of frequencies."""
        words = []
        for at in range(size):
            kind = (LINKS, NOUNS, VERBS, LINKS, NOUNS)[at % 5]
            words.append(Word(kind[min(int(self.dice.expovariate(3 / len(kind))), len(kind) - 1)], author))
        return words

    def passage(self, author: str) -> Passage:
        """Generate a passage of an author, sometimes a boilerplate phrase."""
        if self.dice.random() < 0.12:
            phrase = self.dice.choice(BOILERPLATE)
            return Passage([Word(word, author) for word in phrase.removesuffix(".").split()])
        size = self.dice.choice((3, 6, 12, 20, 30, 45))
        return Passage(self.sentence(author, size), ".", set(self.dice.sample(range(size), size // 8)))

    def run(self) -> None:
        """Run all edits."""
        acts = (
            [self.write] * 8 + [self.rewrite] * 6 + [self.punctuate] * 6 + [self.divide] * 2 + [self.join] * 2
            + [self.drop] * 2 + [self.vandalise] * 3 + [self.restore] * 2 + [self.move] * 2 + [self.fork]
        )  # fmt: skip
        for _ in range(ACTS):
            self.dice.choice(acts)()

    def any_page(self) -> tuple[int, Page]:
        """Return a random page that has passages."""
        pk = self.dice.choice([pk for pk, page in self.truth.items() if page])
        return pk, copied(self.truth[pk])

    def save(self, pk: int, page: Page, author: str) -> None:
        """Save the next version of a page."""
        from wiki.pages import page_lookup
        from wiki.pages.writing import page_writer

        if page_writer.edit(page_lookup.reload_page(pk), self.source(page), page_writer.Author(None, author)).changed:
            self.note(pk, page)

    # --- Edits ------------------------------------------------------------------------------------
    def write(self) -> None:
        """Insert a new passage."""
        pk, page = self.any_page()
        name = self.dice.choice(NAMES)
        page.insert(self.dice.randint(0, len(page)), self.passage(name))
        self.save(pk, page, name)

    def rewrite(self) -> None:
        """Replace, remove or add some words of a passage."""
        pk, page = self.any_page()
        name, passage = self.dice.choice(NAMES), self.dice.choice(page)
        for _ in range(self.dice.randint(1, 3)):
            at, size = self.dice.randint(0, len(passage.words)), self.dice.randint(0, 4)
            passage.words[at : at + self.dice.randint(0, 3)] = self.sentence(name, size)
        passage.commas = {at for at in passage.commas if at < len(passage.words)}
        if not passage.words:
            page.remove(passage)
        self.save(pk, page, name)

    def punctuate(self) -> None:
        """Change only commas and other punctuation."""
        pk, page = self.any_page()
        for passage in self.dice.sample(page, min(len(page), self.dice.randint(1, 3))):
            passage.commas ^= {self.dice.randrange(len(passage.words))}
            passage.end = self.dice.choice((".", " !", "…"))
        self.save(pk, page, self.dice.choice(NAMES))

    def divide(self) -> None:
        """Split a long passage."""
        pk, page = self.any_page()
        long = [passage for passage in page if len(passage.words) > 12]
        if long:
            passage = self.dice.choice(long)
            at = self.dice.randint(4, len(passage.words) - 4)
            rest = Passage(passage.words[at:], passage.end)
            passage.words, passage.end = passage.words[:at], "."
            passage.commas = {place for place in passage.commas if place < at}
            page.insert(page.index(passage) + 1, rest)
            self.save(pk, page, self.dice.choice(NAMES))

    def join(self) -> None:
        """Join two passages."""
        pk, page = self.any_page()
        if len(page) > 1:
            at = self.dice.randrange(len(page) - 1)
            page[at : at + 2] = [Passage(page[at].words + page[at + 1].words, page[at + 1].end)]
            self.save(pk, page, self.dice.choice(NAMES))

    def drop(self) -> None:
        """Remove a passage."""
        pk, page = self.any_page()
        if len(page) > 3:
            page.remove(self.dice.choice(page))
            self.save(pk, page, self.dice.choice(NAMES))

    def vandalise(self) -> None:
        """Vandalise a page or a passage; then another user restores it, sometimes with a changed word."""
        pk, page = self.any_page()
        good, name = copied(page), self.dice.choice(NAMES)
        if self.dice.random() < 0.5:
            page[:] = [Passage(self.sentence(VANDAL, 4), " !!!")]
        else:
            spoiled = self.dice.choice(page)
            spoiled.words[: self.dice.randint(1, len(spoiled.words))] = self.sentence(VANDAL, 2)
        self.save(pk, page, VANDAL)
        if self.dice.random() < 0.3:
            passage = self.dice.choice(good)
            passage.words[self.dice.randrange(len(passage.words))] = self.sentence(name, 2)[1]
        self.save(pk, good, name)

    def restore(self) -> None:
        """Restore an older version."""
        pk, _ = self.any_page()
        self.save(pk, copied(self.dice.choice(self.past[pk][-6:])), self.dice.choice(NAMES))

    def move(self) -> None:
        """Move one to three passages to another page, in one changeset."""
        from wiki.pages import page_lookup
        from wiki.pages.models import Changeset
        from wiki.pages.page_fields import PageFields
        from wiki.pages.writing.version_store import Author, NewVersion, store

        one, two = self.dice.sample([pk for pk, page in self.truth.items() if len(page) > 3], 2)
        mine, theirs = copied(self.truth[one]), copied(self.truth[two])
        at, size = self.dice.randrange(len(mine) - 2), self.dice.randint(1, 3)
        theirs[len(theirs) // 2 : len(theirs) // 2] = self._arrived(mine[at : at + size], by := self.dice.choice(NAMES))
        del mine[at : at + size]
        pages = [(page_lookup.reload_page(one), mine), (page_lookup.reload_page(two), theirs)]
        author = Author(None, by)
        new_versions = [
            NewVersion(page, self.source(passages), PageFields.of(page), author) for page, passages in pages
        ]
        store(new_versions, Changeset(act=Changeset.Act.MOVE))
        self.note(one, mine)
        self.note(two, theirs)

    def _arrived(self, passages: Sequence[Passage], by: str) -> Page:
        """Return moved passages; boilerplate phrases count as written by the mover."""
        return [
            Passage([Word(word.text, by) for word in passage.words], passage.end, passage.commas)
            if passage.text in BOILERPLATE else passage.copy()
            for passage in passages
        ]  # fmt: skip

    def fork(self) -> None:
        """Fork a page into a place."""
        from wiki.forks import fork_creation
        from wiki.pages import page_lookup
        from wiki.pages.writing import page_writer

        pk, page = self.any_page()
        target = fork_creation.ForkTarget(self.dice.choice(self.places), title=f"Copie {len(self.truth)}")
        by = page_writer.Author(None, self.dice.choice(NAMES))
        self.note(fork_creation.fork(page_lookup.reload_page(pk), target, by).pk, page)


# --- Comparison -----------------------------------------------------------------------------------
@dataclass
class Score:
    """How often the stored authorship is correct."""

    words: int = 0
    words_right: int = 0
    passages: int = 0
    passages_right: int = 0
    """Passages whose main author is correct."""
    whole: int = 0
    """Passages in which the author of every word is correct."""

    def add(self, stored: Sequence[str], true: Sequence[str]) -> None:
        """Count a passage, word by word."""
        if not true:
            return
        correct = sum(a == b for a, b in zip(stored, true, strict=True))
        self.words, self.words_right = self.words + len(true), self.words_right + correct
        self.passages += 1
        self.passages_right += main_author(stored) in all_main_authors(true)
        self.whole += correct == len(true)

    def figures(self) -> dict[str, float]:
        """Return the scores in percent."""
        return {
            "words": 100 * self.words_right / max(self.words, 1),
            "passages": 100 * self.passages_right / max(self.passages, 1),
            "whole": 100 * self.whole / max(self.passages, 1), "of_words": self.words, "of_passages": self.passages,
        }  # fmt: skip


def all_main_authors(names: Sequence[str]) -> set[str]:
    """Return the authors of most words; several in case of a tie."""
    most = max(map(names.count, set(names)))
    return {name for name in names if names.count(name) == most}


def main_author(names: Sequence[str]) -> str:
    """Return the author of most words; the first one in case of a tie."""
    return max(names, key=names.count)


def stored_authors(pk: int) -> list[list[str]]:
    """Return the stored authors of the words of each current passage of a page."""
    from wiki.history import authorship
    from wiki.pages.models import WikiPage

    whole = authorship.authorship_of(WikiPage.objects.get(pk=pk))
    return [
        [whole.owners[where].name for count, where in authorship.word_runs(passage) for _ in range(count)]
        for passage in whole.passages
    ]


def generated(seed: int) -> dict[str, float]:
    """Return the score of a generated world."""
    from wiki.text.passages import folded_words

    world, score = World(seed), Score()
    world.run()
    for pk, page in world.truth.items():
        passages = [passage for passage in page if passage.words]
        for stored, passage in zip(stored_authors(pk), passages, strict=True):
            true = [word.author for word in passage.words for _ in folded_words(word.text)]
            score.add(stored, true)
    return score.figures()


def compare_with_history(file: Path) -> dict[str, float]:
    """Return the score of a real history, compared with a word-by-word diff of all versions."""
    from wiki.exchange.importers import history_import, history_jsonl
    from wiki.exchange.models import Origin
    from wiki.pages.models import PageVersion
    from wiki.text.passages import folded_words, split_passages

    entries = history_jsonl.read_history(file)
    renames = history_jsonl.find_renames(entries)
    history_import.import_history(file, history_import.HistoryImportOptions())
    score = Score()
    blames: dict[str, list[list[tuple[str, str]]]] = defaultdict(list)
    for entry in entries:
        before = blames[entry.path] or blames[renames.get(entry.path, entry.path)]
        old = next((blame for blame in reversed(before) if blame), [])
        words = [word for block in split_passages(entry.text or "") for word in folded_words(block.text)]
        blames[entry.path].append(_blamed(old, words, entry.author))
    for origin in Origin.objects.select_related("page").exclude(page__title_key=None):
        last = PageVersion.objects.filter(page=origin.page).order_by("-number").select_related("stored")[0]
        truth = iter(name for _, name in blames[origin.identifier][-1])
        for stored, block in zip(stored_authors(origin.page_id), split_passages(last.text() or ""), strict=True):
            score.add(stored, [next(truth) for _ in folded_words(block.text)])
    return score.figures()


def _blamed(old: Sequence[tuple[str, str]], words: Sequence[str], author: str) -> list[tuple[str, str]]:
    """Return words with their authors: words of the previous version keep theirs, others are by `author`."""
    found = [(word, author) for word in words]
    matcher = SequenceMatcher(None, [word for word, _ in old], words, autojunk=False)
    for i, j, size in matcher.get_matching_blocks():
        found[j : j + size] = old[i : i + size]
    return found


# --- Processes ------------------------------------------------------------------------------------
def measure(what: str) -> None:
    """Measure in a separate process and database; print the figures as JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests import databases

    with tempfile.TemporaryDirectory(prefix="movilab-authorship-") as folder:
        name = str(Path(folder) / "bench.sqlite3")
        databases.copy_template(name)
        connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
        print(json.dumps(generated(int(what)) if what.isdigit() else compare_with_history(Path(what))))
        connection.close()


def main(history: Path) -> None:
    """Print a line for each history."""
    for what in (*map(str, SEEDS), str(history)):
        command = [sys.executable, "-W", "ignore::SyntaxWarning", __file__, "--measure", what]
        variables = {name: value for name, value in os.environ.items() if name != "MOVILAB_DATABASE"}
        out = subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE, text=True).stdout
        found = json.loads(out.splitlines()[-1])
        title = f"generated history {what} ({ACTS} acts)" if what.isdigit() else f"history of {history.name}"
        figure = (
            f"words {found['words']:.1f} % of {found['of_words']}, main author of a passage "
            f"{found['passages']:.1f} % of {found['of_passages']}, passages wholly right {found['whole']:.1f} %"
        )
        print(f"{f'authorship, {title}':<62} {figure}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2])
    else:
        main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else EXTRACT)
