"""A plain search through the text of every version agrees with the index, on random queries over random histories.

The oracle knows nothing of passages' lives, intervals or the index: it reads each version, cuts its text, looks at the
words of each piece, and says of each version whether the query holds. Versions in a row that do make a period.
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

from tests.ask.test_compiler import UNSHRUNK
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

pytestmark = pytest.mark.django_db
ANNA = AnonymousUser()
WORDS = ("lieu", "lieux", "atelier", "bois", "boisé", "jardin", "jardins", "four", "pain", "le", "table")
NAMES = ("Ada", "Bob", "Chloé")
START = datetime(2020, 1, 1, tzinfo=UTC)
Periods = dict[int, list[tuple[int, int]]]
Holds = Callable[[list[list[str]]], bool]
"""Whether a query holds in a version, given the words of its pieces."""


def day(number: int) -> datetime:
    return START + timedelta(days=number)


# --- Random histories -----------------------------------------------------------------------------
class Writers:
    """People who write a few pages, by dice; their clocks are odd at times."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.texts: list[list[str] | None] = [[self.block()] for _ in range(3)]
        self.stated = [""] * 3
        """What each page states as a fact."""
        titles = [page_lookup.fields_for_title(f"Page {n}", license="CC-BY-SA-4.0", language="fr") for n in range(3)]
        drafts = [
            NewVersion(WikiPage(), self.said(number), fields, self.someone()) for number, fields in enumerate(titles)
        ]
        self.pages = [version.page.pk for version in store(drafts)]

    def block(self) -> str:
        some = self.dice.choices(WORDS, k=self.dice.choice((1, 2, 3, 5)))
        return self.dice.choice(("", "- ", "# ", "**", "[[")).join(["", " ".join(some)])

    def said(self, number: int) -> str | None:
        text = self.texts[number]
        stated = f"---\nNote: {self.stated[number]}\n---\n" if self.stated[number] else ""
        return None if text is None else stated + "\n\n".join(text)

    def someone(self) -> Author:
        return Author(None, self.dice.choice(NAMES), claimed_at=day(self.dice.randrange(40)))

    def change(self, number: int) -> None:
        """What one edit does."""
        blocks = self.texts[number]
        if blocks is None or self.dice.random() < 0.08:
            self.texts[number] = None if blocks is not None else [self.block()]
            return
        if self.dice.random() < 0.2:
            self.stated[number] = " ".join(self.dice.choices(WORDS, k=self.dice.randrange(3)))
            return
        at = self.dice.randrange(len(blocks) + 1)
        match self.dice.randrange(4):
            case 0:
                blocks.insert(at, self.block())
            case 1:
                blocks[at : at + 1] = []
            case 2:
                blocks[at : at + 1] = [self.block()]
            case _:
                self.dice.shuffle(blocks)

    def write(self, count: int) -> None:
        """Several versions in one write."""
        pages = {pk: page_lookup.reload_page(pk) for pk in self.pages}
        drafts = []
        for _ in range(count):
            number = self.dice.randrange(len(self.pages))
            self.change(number)
            page = pages[self.pages[number]]
            drafts.append(NewVersion(page, self.said(number), PageFields.of(page), self.someone()))
        store(drafts, Changeset(act=Changeset.Act.IMPORT))


# --- Random queries, with what they mean ----------------------------------------------------------
def query(dice: random.Random, depth: int = 2) -> tuple[str, Holds]:
    """A query as people write it, and whether it holds in a version."""
    kind = dice.randrange(9) if depth else dice.randrange(5)
    if kind < 2:
        return plain(dice.choice(WORDS))
    if kind == 2:
        return phrase(dice.choices(WORDS, k=dice.choice((1, 2, 2, 3))))
    if kind == 3:
        return beginning(dice.choice(WORDS)[: dice.choice((2, 3))])
    if kind == 4:
        text, holds = query(dice, 0)
        return f"-({text})", lambda said: not holds(said)
    parts = [query(dice, depth - 1) for _ in range(dice.choice((2, 2, 3)))]
    if kind < 7:
        telling = [part for part in parts if part[0] != "le"]  # «le» is asked for only beside no other plain word
        asked = telling if any(text in WORDS for text, _ in telling) else parts
        return f"({' '.join(text for text, _ in parts)})", lambda said: all(holds(said) for _, holds in asked)
    return f"({' OR '.join(text for text, _ in parts)})", lambda said: any(holds(said) for _, holds in parts)


def plain(word: str) -> tuple[str, Holds]:
    return word, lambda said: any(is_alike(one, word) for piece in said for one in piece)


def is_alike(one: str, other: str) -> bool:
    """Whether two words have a form in common; common ones have only one."""
    if any(one in common or other in common for common in STOP_WORDS.values()):
        return one == other
    return bool(stems(one, "fr") & (stems(other, "fr") | stems(other, "en"))) or fold(one) == fold(other)


def fold(word: str) -> str:
    return word.replace("é", "e")


def phrase(some: list[str]) -> tuple[str, Holds]:
    wanted = [fold(word) for word in some]

    def holds(said: list[list[str]]) -> bool:
        for piece in said:
            folded = [fold(word) for word in piece]
            if any(folded[at : at + len(wanted)] == wanted for at in range(len(folded))):
                return True
        return False

    return f'"{" ".join(some)}"', holds


def beginning(start: str) -> tuple[str, Holds]:
    return f"{start}*", lambda said: any(fold(word).startswith(start) for piece in said for word in piece)


# --- The oracle -----------------------------------------------------------------------------------
@dataclass
class State:
    """One version."""

    number: int
    moment: datetime
    author: str
    said: list[list[str]] | None
    """The words of its pieces; None where there was no page."""


def history(page: int) -> Iterator[State]:
    latest = None
    for row in PageVersion.objects.filter(page=page).select_related("stored").order_by("number"):
        latest = max(latest, row.claimed_at) if latest else row.claimed_at
        text = row.text()
        pieces = None if text is None else pieces_of(text)
        said = None if pieces is None else [[word.lowercase for word in iter_words(piece)] for piece in pieces]
        yield State(row.number, latest, row.author_name, said)


def pieces_of(text: str) -> list[str]:
    """What a text says and states, piece by piece."""
    return [
        *frontmatter_reader.parse_front_matter(text).get("Note"),
        *(strip_markup(block.text, block.kind) for block in split_passages(text)),
    ]


def everything() -> dict[int, list[State]]:
    """All versions of the pages that are there."""
    there = WikiPage.objects.filter(title_key__isnull=False).values_list("pk", flat=True)
    return {page: list(history(page)) for page in there}


def looked_through(texts: dict[int, list[State]], holds: Holds, wish: TimeFilterInput) -> Periods:
    """What a search has to find, by looking through everything."""
    found: Periods = {}
    for page, states in texts.items():
        true = [state.said is not None and holds(state.said) for state in states] + [False]
        begin = None
        for at, is_true in enumerate(true):
            if is_true and begin is None:
                begin = at
            elif not is_true and begin is not None:
                first, end = states[begin], states[at] if at < len(states) else None
                if is_wanted(states, first, end, wish):
                    found.setdefault(page, []).append((first.number, end.number if end else END))
                begin = None
    return found


def is_wanted(states: list[State], first: State, end: State | None, wish: TimeFilterInput) -> bool:
    if wish.author and first.author != wish.author:
        return False
    if wish.mode == "now":
        return end is None
    if wish.mode == "at":
        before = [state for state in states if state.moment <= datetime.fromisoformat(wish.at)]
        return bool(before) and first.number <= before[-1].number and (end is None or before[-1].number < end.number)
    if wish.mode in ("appeared", "disappeared"):
        state = first if wish.mode == "appeared" else end
        since, until = datetime.fromisoformat(wish.since), datetime.fromisoformat(wish.until)
        return state is not None and since <= state.moment <= until
    return True


def any_wish(dice: random.Random) -> TimeFilterInput:
    moments = sorted(day(dice.randrange(-2, 42)).isoformat() for _ in range(2))
    return TimeFilterInput(
        dice.choice(("ever", "ever", "now", "at", "appeared", "disappeared")),
        at=day(dice.randrange(-2, 42)).isoformat(),
        since=moments[0],
        until=moments[1],
        author=dice.choice(("", "", "", *NAMES)),
    )


@settings(max_examples=5, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
@pytest.mark.slow
def test_it_finds_what_reading_everything_finds(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_search, "STEP_DOCUMENTS", 2)
    dice = random.Random(seed)
    django_settings.INDEX_ROOT = Path(tempfile.mkdtemp(dir=tmp_path))  # whoosh names files by dice, which begin anew
    with transaction.atomic():
        writers = Writers(dice)
        writers.write(8)
        writers.write(16)
        background_jobs.run_pending()
        texts, hits = everything(), 0
        for _ in range(60):
            text, holds = query(dice)
            wish = any_wish(dice)
            monkeypatch.setattr(
                history_search, "MAX_DOCUMENTS", dice.choice((0, 20_000))
            )  # both ways of looking at passages
            given_answer = history_results.search_history(text, ANNA, wish)
            ours = {hit.pk: list(hit.spans) for hit in given_answer.hits}
            assert ours == looked_through(texts, holds, wish), (text, wish)
            hits += len(ours)
        assert hits
        transaction.set_rollback(True)
