"""Views of accounts: register, sign in and out, passwords, profile. They are allauth's, with our forms and screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import views as account_views
from allauth.account.internal.flows.logout import logout
from allauth.mfa.webauthn import views as key_views
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import int_to_base36, urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from wiki.accounts import email_addresses, rate_limits, second_factors
from wiki.accounts.form_fields import is_rate_limited
from wiki.accounts.forms import ProfileForm, RegistrationForm, SignInScreenForm
from wiki.accounts.key_forms import PasskeyForm
from wiki.accounts.models import User
from wiki.accounts.password_forms import ResetForm
from wiki.errors import RateLimitExceeded

if TYPE_CHECKING:
    from django.forms import BaseForm


class AccountFormMixin:
    """A view with a form that knows the request, the next page, and the status of a rate limit."""

    request: HttpRequest

    def get_form_kwargs(self) -> dict[str, Any]:
        """Pass the request on to the form, which counts it against a rate limit."""
        return {**super().get_form_kwargs(), "request": self.request}  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Pass the URL of the next page on to the form."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "next": self.get_next_url() or ""}  # type: ignore[attr-defined]

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Show the form with its errors; status 429 beyond a rate limit."""
        context = self.get_context_data(form=form)
        status = 429 if is_rate_limited(form) else 200
        return self.render_to_response(context, status=status)  # type: ignore[attr-defined, no-any-return]


class RegisterView(AccountFormMixin, account_views.SignupView):
    """Create an account, sign in, and redirect to the page in `next`."""

    form_class = RegistrationForm
    template_name = "wiki/accounts/register.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect users who are already signed in; else show or process the form."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_authenticated_redirect_url())
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: RegistrationForm) -> HttpResponse:
        """Save the account and sign in; refuse a name that another registration took at the same moment."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().form_valid(form)
        except IntegrityError:
            form.add_error("username", _("Someone already has this name: please choose another one."))
            return self.form_invalid(form)
        return response


class SignInView(AccountFormMixin, account_views.LoginView):
    """Sign in and redirect to the page in `next`, after the second factor if the account has one."""

    form_class = SignInScreenForm
    template_name = "wiki/accounts/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Pass on the name of the OpenID provider, and for an edit page the URL of its suggestion form."""
        context = super().get_context_data(**kwargs)
        url = context["next"]
        suggestion_url = f"/suggest/{url.removeprefix('/edit/')}" if url.startswith("/edit/") else ""
        return {**context, "suggestion_url": suggestion_url, "openid_name": settings.OPENID_NAME}

    def form_valid(self, form: SignInScreenForm) -> HttpResponse:
        """Sign another account out, and go on."""
        if self.request.user.is_authenticated:
            logout(self.request, show_message=False)
        response: HttpResponse = super().form_valid(form)
        return response


class RequestPasswordResetView(AccountFormMixin, account_views.PasswordResetView):
    """Queue an e-mail with a password reset link; response and time are the same for known and unknown addresses."""

    form_class = ResetForm
    template_name = "wiki/accounts/password_reset.html"


def old_reset_link(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Redirect a link of an e-mail of an earlier version of the wiki."""
    try:
        uid = int_to_base36(int(urlsafe_base64_decode(uidb64)))
    except (ValueError, OverflowError):
        uid = "0"
    return redirect("account_reset_password_from_key", uidb36=uid, key=token)


class PasskeySignInView(key_views.LoginWebAuthnView):
    """Sign in with a passkey: a script asks for a challenge, and sends what the key answers."""

    form_class = PasskeyForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the attempt, then go on."""
        try:
            second_factors.limit_passkeys(request)
        except RateLimitExceeded as error:
            messages.error(request, _(error.message) % error.params)
            return redirect("login")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer the script with a challenge, and others with the screen to sign in."""
        if "application/json" not in request.headers.get("Accept", ""):
            return redirect("login")
        return JsonResponse({"options": begin_authentication(None)})

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign another account out, and go on."""
        if self.request.user.is_authenticated:
            logout(self.request, show_message=False)
        response: HttpResponse = super().form_valid(form)
        return response


class SessionsView(ListUserSessionsView):
    """The sessions of an account: each other one can be ended, or all others at once."""

    template_name = "wiki/accounts/sessions.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """End the session named by the button, or all others."""
        number = self.request.POST.get("session", "")
        if not number:
            response: HttpResponse = super().form_valid(form)
            return response
        own = UserSession.objects.filter(user_id=self.request.user.pk)
        found = own.filter(pk=number).first() if number.isascii() and number.isdecimal() and len(number) < 18 else None
        if found is not None:
            found.end()
            messages.success(self.request, _("The device is signed out."))
        return redirect("usersessions_list")


@never_cache
@login_required
@sensitive_post_parameters("current_password")
def profile(request: HttpRequest) -> HttpResponse:
    """Show and save the profile of the signed-in user: display name, e-mail address, links to the other screens."""
    account = get_object_or_404(User, pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=account, request=request)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    context = {
        "form": form, "account": request.user, "unconfirmed_address": email_addresses.unconfirmed_address(account),
    }  # fmt: skip
    return render(request, "wiki/accounts/profile.html", context, status=429 if is_rate_limited(form) else 200)


@login_required
@require_POST
def confirm_address(request: HttpRequest) -> HttpResponse:
    """Send the link that confirms the e-mail address once more."""
    rate_limits.limit_password_resets(request)
    email_addresses.send_confirmation(request, get_object_or_404(User, pk=request.user.pk))
    return redirect("profile")
