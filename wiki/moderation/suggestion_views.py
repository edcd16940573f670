"""View for proposing a change without an account, under an unverified name; or with one, to a protected page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits
from wiki.accounts.forms import is_name_taken
from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused, WikiError, gettext_noop
from wiki.forms.views import SentFields, sent_fields
from wiki.history.noindex import noindex
from wiki.licenses import catalogue
from wiki.moderation import proposal_notifications
from wiki.moderation.models import Proposal
from wiki.moderation.proposals import MESSAGE_LIMIT, invalidate_page_cache
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address
from wiki.pages.permissions import Action
from wiki.pages.views import manage, previews, typed_changes
from wiki.pages.writing import page_writer
from wiki.text.titles import MIRROR_NAMESPACE

if TYPE_CHECKING:
    from wiki.pages.models import Reader


class SuggestForm(forms.Form):
    """A proposed text with a message, a name, and the consent to the licence."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    text = forms.CharField(
        label=_("Text"), strip=False, widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true", "data-text": ""})
    )
    message = forms.CharField(
        label=_("What do you propose, and why?"),
        max_length=MESSAGE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=80,
        required=False,
        help_text=_("As the history shall name you. Empty: somebody without an account."),
    )
    agrees = forms.BooleanField()

    def __init__(self, page: WikiPage, user: Reader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.is_authenticated:
            del self.fields["name"]
        name = catalogue.license_name(page.license)
        self.fields["agrees"].label = gettext("What I write goes under the licence of this page, %(license)s") % {
            "license": name
        }


@noindex
def suggest(request: HttpRequest, title: str) -> HttpResponseBase:
    """Propose a change of a page without an account; a signed-in user who may edit it is redirected to the editor."""
    page = manage.get_page(request, title, Action.READ)
    if request.user.is_authenticated and not _is_kept_by_protection(request, page):
        return redirect(address("edit", page.full_title))
    if page.namespace == MIRROR_NAMESPACE:
        raise NotAllowed(gettext_noop("This page lives on another site: propose your change there."))
    if request.method != "POST":
        form = SuggestForm(page, request.user, initial={"text": page.source.text, "base": page.version})
        return _render_suggest(request, page, form)
    fields = sent_fields(request, page)
    data = request.POST if fields is None else fields.data
    if fields is not None and data.keys() & {"open", "source"}:
        return _switch(request, page, fields)
    return _answer(request, page, SuggestForm(page, request.user, data), fields)


def _is_kept_by_protection(request: HttpRequest, page: WikiPage) -> bool:
    """Whether an account that writes elsewhere may not edit the page."""
    user = request.user
    return permissions.has_permission(user, Action.CREATE) and not permissions.has_permission(user, Action.EDIT, page)


def _switch(request: HttpRequest, page: WikiPage, fields: SentFields) -> HttpResponseBase:
    """Show the text that was sent with the fields of the page's form, or the text of a form without them."""
    data = fields.data
    extra: dict[str, Any] = {}
    if "open" in data:
        data["text"] = fields.page_form.body
        extra = fields.context
    form = SuggestForm(page, request.user, data)
    form.is_valid()
    form.errors.clear()
    return _render_suggest(request, page, form, **extra)


def _answer(request: HttpRequest, page: WikiPage, form: SuggestForm, fields: SentFields | None) -> HttpResponseBase:
    """Show what was sent as a preview or a difference, or make the proposal. `form` has the whole text."""
    extra: dict[str, Any] = {}
    status = 422
    try:
        if form.data.keys() & {"preview", "changes"}:
            form.is_valid()
            form.errors.clear()
            status = 200
        if "changes" in form.data:
            extra = {"changes": typed_changes.compare_typed(request, page, form.data)}
        elif "preview" in form.data:
            extra = previews.preview_context(request, page, page.full_title, form["text"].value() or "")
        elif form.is_valid() and (fields is None or fields.page_form.is_valid):
            rate_limits.limit_suggestions(request)
            proposal = _create_proposal(page, request.user, form.cleaned_data)
            messages.success(request, gettext("It is proposed. Those who look after the page see it there."))
            return redirect(reverse("proposal", args=[proposal.pk]))
    except WikiError as error:
        form.add_error(None, message_for(error))
        status = error.status
    if fields is not None:
        fields.data["text"] = request.POST.get("text", "")  # the form shows the text below its fields
        extra |= fields.context
    return _render_suggest(request, page, form, status, **extra)


def _render_suggest(
    request: HttpRequest, page: WikiPage, form: SuggestForm, status: int = 200, **extra: Any
) -> HttpResponseBase:
    """Render the form with the submitted data."""
    context = {"page": page, "form": form, "can_compare": True, **extra}
    context["edit_address"] = address("edit", page.full_title)
    context["has_form"] = page.kind is not None and page.kind.key != "article"
    return render(request, "wiki/moderation/suggest.html", context, status=status)


def _create_proposal(page: WikiPage, user: Reader, data: dict[str, Any]) -> Proposal:
    """Create the proposal.

    Raises Refused when it changes nothing, its base version does not exist, or the name belongs to an account.
    """
    text, name = page_writer.check_text(data["text"]), " ".join(data.get("name", "").split())
    base = page.versions.filter(number=data["base"], is_deletion=False).select_related("stored").first()
    if base is None or text in (base.text(), page.source.text):
        raise Refused(gettext_noop("Nothing is changed in this text."))
    if name and is_name_taken(name):
        raise Refused(gettext_noop("Someone here has an account with this name: sign in, or give another name."))
    with transaction.atomic():
        proposal = Proposal.objects.create(
            page=page, base=base.number, text=text, message=data["message"].strip(),
            by=user if isinstance(user, User) else None,
            by_name=user.label if isinstance(user, User) else name or gettext("somebody without an account"),
        )  # fmt: skip
        proposal_notifications.notify_stewards(proposal)
    invalidate_page_cache(page)
    return proposal
