"""Suggestions for the comment of an edit: what the person wrote in the comments of their latest edits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wiki.accounts.models import User
from wiki.pages.models import PageVersion

LIST_ID = "own-comments"
"""Id of the `<datalist>` of a screen with a comment."""
VERSIONS = 60
"""How many of the latest versions of a person are read."""
SUGGESTED = 6
"""Maximum number of suggestions."""
TYPED_TAGS = frozenset({"merged", "created", "recreated"})
"""Tags of versions with a comment that was typed in an editor; those of other actions describe themselves."""


class CommentField(forms.CharField):
    """A field for the comment of an edit, with suggestions."""

    def __init__(self) -> None:
        super().__init__(
            label=_("What did you change, and why?"),
            max_length=500,
            required=False,
            widget=forms.TextInput(attrs={"list": LIST_ID, "autocomplete": "off"}),
        )


def own_comments(user: Any) -> list[str]:
    """Return the latest comments of a user, each once, the newest first. One query, which an index answers.

    Comments on pages that are deleted since are left out: they may say what is not to be read any more.
    """
    if not isinstance(user, User):
        return []
    rows = (
        PageVersion.objects.readable_by(user)
        .filter(author=user)
        .order_by("-claimed_at")
        .values_list("comment", "tags")[:VERSIONS]
    )
    comments = dict.fromkeys(comment for comment, tags in rows if comment and TYPED_TAGS.issuperset(tags))
    return list(comments)[:SUGGESTED]
