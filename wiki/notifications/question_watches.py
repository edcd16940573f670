"""Watched questions: what came into their answers, left them, or changed in them.

A question is asked again, with the permissions of the account, after CHECK_INTERVAL at the soonest, one in each run of
the job, and only if anything was written since, or another day has begun, on which the answer may depend.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone, translation

from wiki.accounts.models import User
from wiki.ask import query_parser
from wiki.ask.embedding.result_cache import read_site_state
from wiki.ask.execution import runner
from wiki.ask.language import query_errors
from wiki.ask.language.query_ast import INLINE_LIMIT
from wiki.ask.language.query_errors import AskProblem
from wiki.errors import Refused, gettext_noop
from wiki.notifications import watching
from wiki.notifications.models import Notification, Watch, WatchedQuestion
from wiki.notifications.notification_kinds import QUESTION
from wiki.notifications.sending import email_due
from wiki.pages.background_jobs import FailureLog
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from datetime import datetime

CHECK_INTERVAL = timedelta(minutes=15)
QUESTIONS_LIMIT = 20
"""Most questions that an account watches."""
ROWS_LIMIT = INLINE_LIMIT
"""Rows of an answer that can be watched."""
NAMED = 20
"""Pages that a notification names for each of the three changes."""

Rows = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AnswerDifference:
    """The pages that came into an answer, left it, or have other values in it."""

    enters: list[int]
    leaves: list[int]
    changes: list[int]

    @classmethod
    def between(cls, old: Rows, new: Rows) -> AnswerDifference:
        """Compare the rows of two answers. A page with several rows has changed if one of them did."""
        old_pages, new_pages = _pages(old), _pages(new)
        stayed = set(old_pages) & set(new_pages)
        return cls(
            [page for page in new_pages if page not in old_pages],
            [page for page in old_pages if page not in new_pages],
            [page for page in new_pages if page in stayed and old_pages[page] != new_pages[page]],
        )

    def readable_by(self, user: User) -> AnswerDifference:
        """Leave out pages that the account may not read: it learns nothing of a page that was hidden. One query."""
        pages = {*self.enters, *self.leaves, *self.changes}
        readable = set(WikiPage.objects.readable_by(user).filter(pk__in=pages).values_list("pk", flat=True))
        kept = ([page for page in found if page in readable] for found in (self.enters, self.leaves, self.changes))
        return AnswerDifference(*kept)

    def __bool__(self) -> bool:
        return bool(self.enters or self.leaves or self.changes)


def _pages(rows: Rows) -> dict[int, frozenset[tuple[str, str]]]:
    """Return the rows of each page, in their order."""
    found: dict[int, set[tuple[str, str]]] = {}
    for key, digest in rows.items():
        page, _, fragment = key.partition("#")
        found.setdefault(int(page), set()).add((fragment, digest))
    return {page: frozenset(of_page) for page, of_page in found.items()}


def answer(text: str, user: User, language: str) -> dict[str, str]:
    """Ask a question; return a digest of each row. Raises AskProblem, and Refused for too many rows."""
    query = query_parser.parse(text, language)
    result = runner.run(replace(query, limit=ROWS_LIMIT, offset=0, random=False), user, language)
    if result.problems:
        raise AskProblem(result.problems[0].code, result.problems[0].params)
    if result.as_of is not None or result.total is not None:
        raise Refused(gettext_noop("Only a list of pages as of today can be watched."))
    if result.has_more:
        raise Refused(
            gettext_noop("The answer has more than %(count)d rows: please ask more precisely."), count=ROWS_LIMIT
        )
    rows: dict[str, str] = {}
    for row in result.rows:
        if row.subject.page_pk:
            cells = "\x1e".join(
                "\x1f".join(f"{value.canonical_value or value.raw}@{value.lang}" for value in cell)
                for cell in row.cells
            )
            rows[f"{row.subject.page_pk}#{row.subject.fragment}"] = hashlib.sha256(cells.encode()).hexdigest()[:16]
    return rows


def watch_question(user: User, text: str, delivery: str, language: str) -> Watch:
    """Let an account watch a question, from its present answer on. Raises AskProblem, Refused."""
    target = watching.question_target(text)
    known = target.watch_of(user)
    if known is not None:
        return watching.watch(user, target, delivery)
    if Watch.objects.filter(user=user, target_kind=target.kind).count() >= QUESTIONS_LIMIT:
        raise Refused(gettext_noop("You watch %(count)d questions: let go of one first."), count=QUESTIONS_LIMIT)
    state = _site_state()
    rows = answer(text, user, language)
    with transaction.atomic():
        row = watching.watch(user, target, delivery)
        values = {
            "text": text, "language": language, "rows": rows, "site_state": state,
            "next_check_at": timezone.now() + CHECK_INTERVAL,
        }  # fmt: skip
        WatchedQuestion.objects.update_or_create(watch=row, defaults=values)
    return row


def _site_state() -> str:
    version, epoch, writes = read_site_state()
    open_writes = hashlib.sha256(writes.encode()).hexdigest()[:8] if writes else ""
    return f"{version} {epoch} {timezone.localdate()} {open_writes}"


class QuestionWatchJob:
    """Background job that asks watched questions again, one in each run, within the time limit of any question."""

    name = "watched questions"

    def run(self) -> bool:
        """Look at one question that is due; return whether there may be more."""
        now = timezone.now()
        due = WatchedQuestion.objects.filter(next_check_at__lte=now, watch__user__is_active=True)
        if not due.exists():
            return False
        failures = FailureLog(self.name)
        rows = (
            due.exclude(pk__in=map(int, failures.waiting()))
            .select_related("watch__user")
            .order_by("next_check_at", "pk")
        )
        question = rows.first()
        if question is None:
            return False
        failures.run(question.pk, _check, question, now)
        return True


def _check(question: WatchedQuestion, now: datetime) -> None:
    """Ask a question again, and store its answer with the notification of what differs."""
    state, user = _site_state(), question.watch.user
    values = {"site_state": state, "problem": "", "next_check_at": now + CHECK_INTERVAL}
    difference = AnswerDifference([], [], [])
    if state != question.site_state:
        try:
            rows = answer(question.text, user, question.language)
            difference = AnswerDifference.between(question.rows, rows).readable_by(user)
            values |= {"rows": rows}
        except (AskProblem, Refused) as problem:
            with translation.override(question.language):
                values |= {"problem": message_of(problem)[:500]}
    with transaction.atomic():
        known = WatchedQuestion.objects.filter(pk=question.pk, next_check_at=question.next_check_at)
        if known.update(**values) and difference:
            _notify(question.watch, question.text, difference, now)


def message_of(problem: AskProblem | Refused) -> str:
    """Return why a question cannot be asked, in the active language."""
    return query_errors.message_for(problem) if isinstance(problem, AskProblem) else message_for(problem)


def _notify(watch: Watch, text: str, difference: AnswerDifference, now: datetime) -> None:
    """Store the notification of a new answer, in the transaction that stores the answer."""
    Notification.objects.create(
        recipient_id=watch.user_id, kind=QUESTION, key=f"question:{watch.pk}:{now.timestamp():.6f}", made_at=now,
        email_due=email_due(watch.user, watch.delivery),
        data={
            "question": text, "enters": difference.enters[:NAMED], "leaves": difference.leaves[:NAMED],
            "changes": difference.changes[:NAMED],
        },
    )  # fmt: skip
