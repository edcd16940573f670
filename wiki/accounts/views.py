"""Screens for people: register, sign in and out, passwords, profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from wiki.accounts.forms import RATE_LIMITED, ProfileForm, RegistrationForm, ResetForm, SignInForm
from wiki.accounts.models import User

if TYPE_CHECKING:
    from django.forms import BaseForm

    RegistrationView = FormView[RegistrationForm]
else:
    RegistrationView = FormView


def _status(form: BaseForm) -> int:
    """The HTTP status of a form shown again: 429 when a limit is spent."""
    return 429 if form.has_error(NON_FIELD_ERRORS, RATE_LIMITED) else 200


class RegisterView(auth_views.RedirectURLMixin, RegistrationView):
    """Make an account, sign in with it, and go on to where the visitor came from."""

    form_class = RegistrationForm
    template_name = "wiki/accounts/register.html"
    next_page = settings.LOGIN_REDIRECT_URL

    @method_decorator([sensitive_post_parameters(), csrf_protect, never_cache])
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, or take it; whoever is signed in already has an account."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]  # never streamed

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form counts against the limit of the request's address."""
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form keeps the address to go on to."""
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)

    def form_valid(self, form: RegistrationForm) -> HttpResponse:
        """Sign the new person in and say welcome."""
        try:
            with transaction.atomic():
                user = form.save()
        except IntegrityError:  # someone took that name in the same moment
            form.add_error("username", _("Someone already has this name: please choose another one."))
            return self.form_invalid(form)
        login(self.request, user)
        messages.success(
            self.request, _("Welcome, %(name)s! Your account is ready: you can write now.") % {"name": user.label}
        )
        return super().form_valid(form)

    def form_invalid(self, form: RegistrationForm) -> HttpResponse:
        """Show what to mend."""
        return self.render_to_response(self.get_context_data(form=form), status=_status(form))


class SignInView(auth_views.LoginView):
    """Sign in and go on to where the visitor came from."""

    form_class = SignInForm
    template_name = "wiki/accounts/login.html"
    next_page = settings.LOGIN_REDIRECT_URL

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form keeps the address to go on to."""
        there = self.get_redirect_url()
        suggest = f"/suggest/{there.removeprefix('/edit/')}" if there.startswith("/edit/") else ""
        return super().get_context_data(**{**kwargs, "next": there, "suggest": suggest})

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Show what to mend."""
        return self.render_to_response(self.get_context_data(form=form), status=_status(form))


class ChangePasswordView(auth_views.PasswordChangeView):
    """Choose another password, knowing the present one; other devices are signed out."""

    template_name = "wiki/accounts/password_change.html"
    success_url = reverse_lazy("profile")

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the new password."""
        messages.success(self.request, _("Your password is changed. Your other devices are signed out."))
        return super().form_valid(form)


class RequestPasswordResetView(auth_views.PasswordResetView):
    """Ask for a link by mail; the answer never tells whether an address is known."""

    form_class = ResetForm
    template_name = "wiki/accounts/password_reset.html"
    email_template_name = "wiki/accounts/password_reset_mail.txt"
    subject_template_name = "wiki/accounts/password_reset_subject.txt"
    success_url = reverse_lazy("password_reset_done")
    # Not the Host header: whoever asks for the mail could choose that.
    extra_email_context = {"base_address": settings.BASE_ADDRESS, "wiki_name": settings.SITE_NAME}

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form counts against the limit of the request's address."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Show what to mend."""
        return self.render_to_response(self.get_context_data(form=form), status=_status(form))


class PasswordResetSentView(auth_views.PasswordResetDoneView):
    """Say that the mail is on its way."""

    template_name = "wiki/accounts/password_reset_done.html"


class SetPasswordView(auth_views.PasswordResetConfirmView):
    """Choose a new password through the link of the mail, and be signed in with it."""

    template_name = "wiki/accounts/password_reset_confirm.html"
    success_url = reverse_lazy("profile")
    post_reset_login = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the new password."""
        messages.success(self.request, _("Your new password is set, and you are signed in."))
        return super().form_valid(form)


@never_cache
@login_required
@sensitive_post_parameters("current_password")
def profile(request: HttpRequest) -> HttpResponse:
    """The account of the person who looks: display name, mail address, ways to the rest."""
    account = get_object_or_404(User, pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return render(request, "wiki/accounts/profile.html", {"form": form, "account": request.user})
