"""The pages that meet the conditions of a question, for lists that they narrow."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from wiki.ask import query_parser
from wiki.ask.execution.compiler import QueryCompiler
from wiki.ask.execution.timeouts import statement_timeout


def find_answering_pages(question: str, language: str) -> set[int]:
    """Return the primary keys of the public pages that meet the conditions of a question. Raises AskProblem."""
    asked = query_parser.parse(question, language)
    with statement_timeout():
        subjects = QueryCompiler(asked, AnonymousUser()).subjects().filter(fragment="")
        return set(subjects.order_by().values_list("page_id", flat=True))
