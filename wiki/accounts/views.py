"""Views of accounts: register, sign in and out, passwords, profile."""

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
    """Return the HTTP status of an invalid form: 429 beyond a rate limit, else 200."""
    return 429 if form.has_error(NON_FIELD_ERRORS, RATE_LIMITED) else 200


class RegisterView(auth_views.RedirectURLMixin, RegistrationView):
    """Create an account, sign in, and redirect to the page in `next`."""

    form_class = RegistrationForm
    template_name = "wiki/accounts/register.html"
    next_page = settings.LOGIN_REDIRECT_URL

    @method_decorator([sensitive_post_parameters(), csrf_protect, never_cache])
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect users who are already signed in; else show or process the form."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]  # never streamed

    def get_form_kwargs(self) -> dict[str, Any]:
        """Pass the request on to the form, which counts it against a rate limit."""
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Pass the URL of the next page on to the form."""
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)

    def form_valid(self, form: RegistrationForm) -> HttpResponse:
        """Save the account, sign in and show a welcome message."""
        try:
            with transaction.atomic():
                user = form.save()
        except IntegrityError:  # another registration took the name at the same moment
            form.add_error("username", _("Someone already has this name: please choose another one."))
            return self.form_invalid(form)
        login(self.request, user)
        messages.success(
            self.request, _("Welcome, %(name)s! Your account is ready: you can write now.") % {"name": user.label}
        )
        return super().form_valid(form)

    def form_invalid(self, form: RegistrationForm) -> HttpResponse:
        """Show the form with its errors; status 429 beyond a rate limit."""
        return self.render_to_response(self.get_context_data(form=form), status=_status(form))


class SignInView(auth_views.LoginView):
    """Sign in and redirect to the page in `next`."""

    form_class = SignInForm
    template_name = "wiki/accounts/login.html"
    next_page = settings.LOGIN_REDIRECT_URL

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Pass the URL of the next page on to the form, and for an edit page the URL of its suggestion form."""
        url = self.get_redirect_url()
        suggestion_url = f"/suggest/{url.removeprefix('/edit/')}" if url.startswith("/edit/") else ""
        return super().get_context_data(**{**kwargs, "next": url, "suggestion_url": suggestion_url})

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Show the form with its errors; status 429 beyond a rate limit."""
        return self.render_to_response(self.get_context_data(form=form), status=_status(form))


class ChangePasswordView(auth_views.PasswordChangeView):
    """Change the password, given the current one; other sessions of the user end."""

    template_name = "wiki/accounts/password_change.html"
    success_url = reverse_lazy("profile")

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the new password and show a message."""
        messages.success(self.request, _("Your password is changed. Your other devices are signed out."))
        return super().form_valid(form)


class RequestPasswordResetView(auth_views.PasswordResetView):
    """Queue an e-mail with a password reset link; response and time are the same for known and unknown addresses."""

    form_class = ResetForm
    template_name = "wiki/accounts/password_reset.html"
    email_template_name = "wiki/accounts/password_reset_mail.txt"
    subject_template_name = "wiki/accounts/password_reset_subject.txt"
    success_url = reverse_lazy("password_reset_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Pass the request on to the form, which counts it against a rate limit."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """Queue the e-mail and redirect."""
        # Not the Host header, which the sender of the request can choose.
        self.extra_email_context = {"base_address": settings.BASE_ADDRESS, "wiki_name": settings.SITE_NAME}
        return super().form_valid(form)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Show the form with its errors; status 429 beyond a rate limit."""
        return self.render_to_response(self.get_context_data(form=form), status=_status(form))


class PasswordResetSentView(auth_views.PasswordResetDoneView):
    """Show that the e-mail is on its way."""

    template_name = "wiki/accounts/password_reset_done.html"


class SetPasswordView(auth_views.PasswordResetConfirmView):
    """Set a new password through the link of the e-mail, and sign in."""

    template_name = "wiki/accounts/password_reset_confirm.html"
    success_url = reverse_lazy("profile")
    post_reset_login = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the new password and show a message."""
        messages.success(self.request, _("Your new password is set, and you are signed in."))
        return super().form_valid(form)


@never_cache
@login_required
@sensitive_post_parameters("current_password")
def profile(request: HttpRequest) -> HttpResponse:
    """Show and save the profile of the signed-in user: display name, e-mail address, links to the other screens."""
    account = get_object_or_404(User, pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return render(request, "wiki/accounts/profile.html", {"form": form, "account": request.user})
