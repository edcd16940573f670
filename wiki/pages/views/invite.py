"""View for inviting people to register, for stewards and administrators."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import invitations
from wiki.accounts.models import User
from wiki.errors import RateLimitExceeded
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for


class InvitationForm(forms.Form):
    """The e-mail address of the person to invite."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}), max_length=254
    )


@login_required
def invite(request: HttpRequest) -> HttpResponse:
    """Show the form and send an invitation. The answer is the same whether the address has an account or not."""
    permissions.require(request.user, permissions.Action.INVITE)
    form = InvitationForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        try:
            invitations.send_invitation(get_object_or_404(User, pk=request.user.pk), address)
        except RateLimitExceeded as error:
            form.add_error(None, message_for(error))
            status = error.status
        else:
            messages.success(request, gettext("The invitation is on its way to %(address)s.") % {"address": address})
            return redirect("invite")
    return render(
        request, "wiki/pages/invite.html", {"form": form, "lifetime": invitations.LIFETIME.days}, status=status
    )
