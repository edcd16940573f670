"""Edit conflicts on the screen: a choice for each conflict, and the text that the choices make.

All else is merged already. The form has what a person wrote and the numbers of both versions, so that the same merge
can be made again from it: nothing is stored, and a conflict can be followed by another one.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import slow_work
from wiki.errors import EditConflict, RateLimitExceeded, ServerBusy
from wiki.licenses import catalogue
from wiki.pages import comment_suggestions, conflict_choices, permissions
from wiki.pages.conflict_choices import ConflictChoices
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.text.diffing.text_difference import Difference
from wiki.text.merging.document_merge import merge_documents
from wiki.text.normalization import clean_text

COSTLY_BYTES = 200_000
"""Size of both texts in bytes from which merging them counts against the rate limit."""
LISTED = 5
"""Maximum number of versions listed that were saved meanwhile."""
SIDES = {"edit": conflict_choices.EDIT, "restore": conflict_choices.RESTORE, "undo": conflict_choices.UNDO}


class ConflictForm(forms.Form):
    """Form of the conflicts of an edit, beside the choices: the texts to merge, and what the version will have."""

    text = forms.CharField(widget=forms.Textarea(attrs={"hidden": True, "aria-label": _("Text")}))
    """What the person wrote, as a whole page."""
    base = forms.IntegerField(widget=forms.HiddenInput)
    """Number of the version that `text` was written from."""
    theirs = forms.IntegerField(widget=forms.HiddenInput)
    """Number of the version that `text` was merged with; the editor has no such field."""
    sides = forms.CharField(widget=forms.HiddenInput)
    comment = comment_suggestions.CommentField()
    minor = forms.BooleanField(label=_("This is a minor edit"), required=False)


def render_conflict(
    request: HttpRequest,
    page: WikiPage,
    conflict: EditConflict,
    data: Any,
    *,
    status: int = 409,
    problem: str = "",
) -> HttpResponse:
    """Render the conflicts of an edit of `page`, with a choice for each.

    `data` is a form or a dictionary: `comment`, `minor`, `sides` (a key of SIDES), and the choices made before.
    """
    merged = merge_documents(conflict.base, conflict.mine, conflict.theirs)
    choices = ConflictChoices(merged, data, SIDES.get(data.get("sides", ""), conflict_choices.EDIT))
    context = _later_versions(request, page, conflict) | {
        "choices": choices,
        "difference": Difference.of(conflict.theirs, choices.text("theirs")),
        "kept": [],
    }
    return _render(request, page, conflict, data, problem, status, context)


def resolve(request: HttpRequest, page: WikiPage | None, data: QueryDict) -> HttpResponse | None:
    """Put the text that the choices of a conflict form make into `data`, which is then a form of the editor.

    Return the response if there is something to choose yet. Other forms stay as they are.
    """
    conflict = _posted_conflict(page, data)
    if page is None or conflict is None:
        return None
    try:
        _begin_costly(request, conflict)
    except (RateLimitExceeded, ServerBusy) as error:
        kept = [(name, value) for name, value in data.items() if name.startswith(("choice-", "own-"))]
        return _render(request, page, conflict, data, message_for(error), error.status, {"choices": None, "kept": kept})
    merged = merge_documents(conflict.base, conflict.mine, conflict.theirs)
    choices = ConflictChoices(merged, data, conflict_choices.EDIT)
    if not choices.is_resolved and "whole" not in data:
        problem = gettext("Choose for each clash what shall stand there.")
        return render_conflict(request, page, conflict, data, status=422, problem=problem)
    data["text"], data["base"] = choices.text("both"), str(conflict.theirs_version)
    del data["theirs"]
    return None


def show_again(request: HttpRequest, page: WikiPage | None, problem: str) -> HttpResponse | None:
    """Return the posted conflict form with a problem, status 403; None for other forms, or if it is too much work."""
    conflict = _posted_conflict(page, request.POST)
    if page is None or conflict is None:
        return None
    try:
        _begin_costly(request, conflict)
    except (RateLimitExceeded, ServerBusy):
        return None
    return render_conflict(request, page, conflict, request.POST, status=403, problem=problem)


def _posted_conflict(page: WikiPage | None, data: QueryDict) -> EditConflict | None:
    """Return the conflict that a form is about; None if it is none, or there is no such version."""
    if page is None or "theirs" not in data:
        return None
    base, theirs = (_number(data.get(name, "")) for name in ("base", "theirs"))
    versions = page.versions.filter(number__in=(base, theirs)).select_related("stored")
    texts = {version.number: version.text() for version in versions}
    their_text = texts.get(theirs)
    if their_text is None:
        return None
    return EditConflict(texts.get(base) or "", clean_text(data.get("text", "")), their_text, theirs, base)


def _number(text: str) -> int:
    """Return the number of a version as a form has it; 0 if it is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _begin_costly(request: HttpRequest, conflict: EditConflict) -> None:
    """Count the merge of large texts as slow work. Raises RateLimitExceeded, ServerBusy."""
    if len(conflict.mine) + len(conflict.theirs) > COSTLY_BYTES:
        slow_work.begin(request, "comparison")


def _later_versions(request: HttpRequest, page: WikiPage, conflict: EditConflict) -> dict[str, Any]:
    """Return the template context about the versions since the one that the edit began with. Two queries."""
    rows = page.versions.filter(number__gt=conflict.base_version, number__lte=conflict.theirs_version)
    is_own = request.user.is_authenticated and not rows.exclude(author=request.user.pk).exists()
    return {
        "later": rows.select_related("author").order_by("-number")[:LISTED],
        "unlisted": max(conflict.theirs_version - conflict.base_version - LISTED, 0),
        "is_own": is_own,
    }


def _render(
    request: HttpRequest,
    page: WikiPage,
    conflict: EditConflict,
    data: Any,
    problem: str,
    status: int,
    context: dict[str, Any],
) -> HttpResponse:
    """Render the form of conflicts; `context` is what it shows of them."""
    sides = data.get("sides", "")
    initial = {
        "text": conflict.mine, "base": conflict.base_version, "theirs": conflict.theirs_version,
        "sides": sides if sides in SIDES else "edit",
        "comment": data.get("comment", ""), "minor": bool(data.get("minor")),
    }  # fmt: skip
    context |= {
        "page": page,
        "form": ConflictForm(initial=initial),
        "problem": problem,
        "sides": initial["sides"],
        "license": catalogue.licenses_in(page.license)[0],
        "comments": comment_suggestions.own_comments(request.user),
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    return render(request, "wiki/pages/conflict.html", context, status=status)
