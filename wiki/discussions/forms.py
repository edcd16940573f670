"""Forms of discussions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.discussions import passage_anchors
from wiki.discussions.models import TEXT_LIMIT, TITLE_LIMIT
from wiki.history.models import Passage
from wiki.pages.models import WikiPage


class PostForm(forms.Form):
    """The text of a post. Limits are checked where posts are written, so that nothing typed is cut off."""

    text = forms.CharField(
        label=_("Your message"),
        strip=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "true"}),
        help_text=_("Markdown as in pages. «@name» mentions somebody, «@[First Last]» by their full name."),
    )


class ReplyForm(PostForm):
    """A post in a thread, optionally an answer to another one."""

    reply_to = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    """Number of the post that is answered."""


class EditPostForm(PostForm):
    """Another text of a post."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    """Number of the text that the form was opened with."""


class StartThreadForm(PostForm):
    """A new thread: its title, what it is about, its first post."""

    title = forms.CharField(label=_("Title"), max_length=TITLE_LIMIT)
    passage = forms.ChoiceField(label=_("What about"), required=False)
    field_order = ["title", "passage", "text"]

    def __init__(self, page: WikiPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        choices = [("", gettext("The page as a whole")), *passage_anchors.choices_for(page)]
        self.fields["passage"].choices = choices  # type: ignore[attr-defined]
        self.fields["passage"].error_messages["invalid_choice"] = gettext(
            "This passage was changed meanwhile: please choose it again."
        )

    def get_passage(self) -> Passage | None:
        """Return the chosen passage of a valid form, None for the page as a whole."""
        name = self.cleaned_data["passage"]
        return passage_anchors.find_current(self.page, name) if name else None


class ThreadForm(forms.Form):
    """Title of a thread and, for those who may move it, the page that it is about."""

    title = forms.CharField(label=_("Title"), max_length=TITLE_LIMIT)
    page = forms.CharField(label=_("Full title of the page that it is about"), max_length=255)
