"""History search agrees with a scan of the text of every version, on random queries over random histories.

The oracle uses neither passages, intervals nor the index: it reads each version, splits its text, and evaluates the
query on the words of each piece. Consecutive versions that match form a period.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ask.test_compiler import WITHOUT_SHRINKING
from wiki.pages import background_jobs, page_lookup
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, store
from wiki.search import history_results, history_search
from wiki.search.intervals import END
from wiki.search.time_filter import TimeFilterInput
from wiki.text.frontmatter import frontmatter_reader
from wiki.text.passages import split_passages
from wiki.text.strip_markup import strip_markup
from wiki.text.tokenizer import STOP_WORDS, iter_words, stems

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ANNA = AnonymousUser()
WORDS = ("lieu", "lieux", "atelier", "bois", "boisé", "jardin", "jardins", "four", "pain", "le", "table")
NAMES = ("Ada", "Bob", "Chloé")
START = datetime(2020, 1, 1, tzinfo=UTC)
Periods = dict[int, list[tuple[int, int]]]
Holds = Callable[[list[list[str]]], bool]
"""A predicate: whether a query matches a version, given the words of its pieces."""


def day(number: int) -> datetime:
    return START + timedelta(days=number)


# --- Random histories -----------------------------------------------------------------------------
class Writers:
    """Random edits of a few pages; claimed dates may decrease."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.texts: list[list[str] | None] = [[self.block()] for _ in range(3)]
        self.note_values = [""] * 3
        """The value of the property Note of each page; empty for none."""
        titles = [page_lookup.fields_for_title(f"Page {n}", license="CC-BY-SA-4.0", language="fr") for n in range(3)]
        new_versions = [
            NewVersion(WikiPage(), self.text_of(number), fields, self.someone()) for number, fields in enumerate(titles)
        ]
        self.pages = [version.page.pk for version in store(new_versions)]

    def block(self) -> str:
        words = self.dice.choices(WORDS, k=self.dice.choice((1, 2, 3, 5)))
        return self.dice.choice(("", "- ", "# ", "**", "[[")).join(["", " ".join(words)])

    def text_of(self, number: int) -> str | None:
        text = self.texts[number]
        note_values = f"---\nNote: {self.note_values[number]}\n---\n" if self.note_values[number] else ""
        return None if text is None else note_values + "\n\n".join(text)

    def someone(self) -> Author:
        return Author(None, self.dice.choice(NAMES), claimed_at=day(self.dice.randrange(40)))

    def change(self, number: int) -> None:
        """Change a page at random."""
        blocks = self.texts[number]
        if blocks is None or self.dice.random() < 0.08:
            self.texts[number] = None if blocks is not None else [self.block()]
            return
        if self.dice.random() < 0.2:
            self.note_values[number] = " ".join(self.dice.choices(WORDS, k=self.dice.randrange(3)))
            return
        position = self.dice.randrange(len(blocks) + 1)
        match self.dice.randrange(4):
            case 0:
                blocks.insert(position, self.block())
            case 1:
                blocks[position : position + 1] = []
            case 2:
                blocks[position : position + 1] = [self.block()]
            case _:
                self.dice.shuffle(blocks)

    def write(self, count: int) -> None:
        """Write several versions at once."""
        pages = {pk: page_lookup.reload_page(pk) for pk in self.pages}
        new_versions = []
        for _ in range(count):
            number = self.dice.randrange(len(self.pages))
            self.change(number)
            page = pages[self.pages[number]]
            new_versions.append(NewVersion(page, self.text_of(number), PageFields.of(page), self.someone()))
        store(new_versions, Changeset(act=Changeset.Act.IMPORT))


# --- Random queries with their predicates ---------------------------------------------------------
def query(dice: random.Random, depth: int = 2) -> tuple[str, Holds]:
    """Return a random query and its predicate."""
    kind = dice.randrange(9) if depth else dice.randrange(5)
    if kind < 2:
        return plain(dice.choice(WORDS))
    if kind == 2:
        return phrase(dice.choices(WORDS, k=dice.choice((1, 2, 2, 3))))
    if kind == 3:
        return prefix(dice.choice(WORDS)[: dice.choice((2, 3))])
    if kind == 4:
        text, holds = query(dice, 0)
        return f"-({text})", lambda pieces: not holds(pieces)
    parts = [query(dice, depth - 1) for _ in range(dice.choice((2, 2, 3)))]
    if kind < 7:
        others = [part for part in parts if part[0] != "le"]  # «le» is a stop word, required only without other terms
        required = others if any(text in WORDS for text, _ in others) else parts
        return f"({' '.join(text for text, _ in parts)})", lambda pieces: all(holds(pieces) for _, holds in required)
    return f"({' OR '.join(text for text, _ in parts)})", lambda pieces: any(holds(pieces) for _, holds in parts)


def plain(word: str) -> tuple[str, Holds]:
    return word, lambda pieces: any(is_alike(other, word) for piece in pieces for other in piece)


def is_alike(first: str, second: str) -> bool:
    """Return whether two words have a common stem; stop words have no stems."""
    if any(first in common or second in common for common in STOP_WORDS.values()):
        return first == second
    return bool(stems(first, "fr") & (stems(second, "fr") | stems(second, "en"))) or fold(first) == fold(second)


def fold(word: str) -> str:
    return word.replace("é", "e")


def phrase(phrase_words: list[str]) -> tuple[str, Holds]:
    folded_words = [fold(word) for word in phrase_words]

    def holds(pieces: list[list[str]]) -> bool:
        for piece in pieces:
            folded = [fold(word) for word in piece]
            if any(folded[start : start + len(folded_words)] == folded_words for start in range(len(folded))):
                return True
        return False

    return f'"{" ".join(phrase_words)}"', holds


def prefix(start: str) -> tuple[str, Holds]:
    return f"{start}*", lambda pieces: any(fold(word).startswith(start) for piece in pieces for word in piece)


# --- The oracle -----------------------------------------------------------------------------------
@dataclass
class State:
    """A version of a page."""

    number: int
    moment: datetime
    author: str
    pieces: list[list[str]] | None
    """The words of its pieces; None where the page was deleted."""


def history(page: int) -> Iterator[State]:
    latest = None
    for row in PageVersion.objects.filter(page=page).select_related("stored").order_by("number"):
        latest = max(latest, row.claimed_at) if latest else row.claimed_at
        text = row.text()
        texts = None if text is None else pieces_of(text)
        pieces = None if texts is None else [[word.lowercase for word in iter_words(piece)] for piece in texts]
        yield State(row.number, latest, row.author_name, pieces)


def pieces_of(text: str) -> list[str]:
    """Return the pieces of a text: the values of Note, and the passages."""
    return [
        *frontmatter_reader.parse_front_matter(text).get("Note"),
        *(strip_markup(block.text, block.kind) for block in split_passages(text)),
    ]


def all_states() -> dict[int, list[State]]:
    """Return the versions of all pages that are not deleted."""
    pks = WikiPage.objects.filter(title_key__isnull=False).values_list("pk", flat=True)
    return {page: list(history(page)) for page in pks}


def expected_periods(texts: dict[int, list[State]], holds: Holds, time_input: TimeFilterInput) -> Periods:
    """Return the expected result of a search, by a scan of all versions."""
    found: Periods = {}
    for page, states in texts.items():
        true = [state.pieces is not None and holds(state.pieces) for state in states] + [False]
        begin = None
        for index, is_true in enumerate(true):
            if is_true and begin is None:
                begin = index
            elif not is_true and begin is not None:
                first, end = states[begin], states[index] if index < len(states) else None
                if passes_filter(states, first, end, time_input):
                    found.setdefault(page, []).append((first.number, end.number if end else END))
                begin = None
    return found


def passes_filter(states: list[State], first: State, end: State | None, time_input: TimeFilterInput) -> bool:
    if time_input.author and first.author != time_input.author:
        return False
    if time_input.mode == "now":
        return end is None
    if time_input.mode == "at":
        before = [state for state in states if state.moment <= datetime.fromisoformat(time_input.at)]
        return bool(before) and first.number <= before[-1].number and (end is None or before[-1].number < end.number)
    if time_input.mode in ("appeared", "disappeared"):
        state = first if time_input.mode == "appeared" else end
        since, until = datetime.fromisoformat(time_input.since), datetime.fromisoformat(time_input.until)
        return state is not None and since <= state.moment <= until
    return True


def random_time_filter(dice: random.Random) -> TimeFilterInput:
    moments = sorted(day(dice.randrange(-2, 42)).isoformat() for _ in range(2))
    return TimeFilterInput(
        dice.choice(("ever", "ever", "now", "at", "appeared", "disappeared")),
        at=day(dice.randrange(-2, 42)).isoformat(),
        since=moments[0],
        until=moments[1],
        author=dice.choice(("", "", "", *NAMES)),
    )


@settings(max_examples=5, phases=WITHOUT_SHRINKING, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
@pytest.mark.slow
def test_results_equal_those_of_scanning_all_versions(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_search, "STEP_DOCUMENTS", 2)
    dice = random.Random(seed)
    # An index for each example: Whoosh names files by random numbers, which repeat with the seed.
    django_settings.INDEX_ROOT = Path(tempfile.mkdtemp(dir=tmp_path))
    with transaction.atomic():
        writers = Writers(dice)
        writers.write(8)
        writers.write(16)
        background_jobs.run_pending()
        texts, hits = all_states(), 0
        for _ in range(60):
            text, holds = query(dice)
            time_input = random_time_filter(dice)
            monkeypatch.setattr(history_search, "MAX_DOCUMENTS", dice.choice((0, 20_000)))  # both algorithms
            results = history_results.search_history(text, ANNA, time_input)
            found = {hit.pk: list(hit.spans) for hit in results.hits}
            assert found == expected_periods(texts, holds, time_input), (text, time_input)
            hits += len(found)
        assert hits
        transaction.set_rollback(True)
