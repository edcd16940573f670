"""What allauth asks this wiki: its rate limits, its e-mails, its sentences and where to go next."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import kept_passwords, rate_limits, sign_in_limits
from wiki.accounts.form_fields import rate_limit_as_validation_error
from wiki.accounts.models import User
from wiki.errors import gettext_noop
from wiki.mail import email_queue

if TYPE_CHECKING:
    from django.forms import BaseForm
    from django.http import HttpRequest, HttpResponse

MESSAGES = {
    "password_changed": gettext_noop("Your password is changed. Your other devices are signed out."),
    "password_set": gettext_noop("Your password is set."),
    "email_confirmed": gettext_noop("Your e-mail address is confirmed."),
    "email_confirmation_failed": gettext_noop("Another account has confirmed this address."),
    "email_confirmation_sent": gettext_noop("We sent you a message. Follow its link to confirm your e-mail address."),
    "totp_activated": gettext_noop("Signing in asks for a code from your app from now on."),
    "totp_deactivated": gettext_noop("Signing in asks for no code from an app any more."),
    "recovery_codes_generated": gettext_noop("These recovery codes are new; older ones work no more."),
    "webauthn_added": gettext_noop("The key is added."),
    "webauthn_removed": gettext_noop("The key is removed."),
    "sessions_logged_out": gettext_noop("Your other devices are signed out."),
}
"""What is said after an act, by the name of allauth's template for it; the others say nothing."""


class AccountAdapter(DefaultAccountAdapter):
    """Answers of this wiki (ACCOUNT_ADAPTER). The rate limits are its own alone: those of allauth are off."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your current password."),
        "invalid_password_reset": _("This link was used already, or is too old."),
    }

    # --- Passwords and limits ---------------------------------------------------------------------
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt of a signed-in user to confirm his password."""
        rate_limit_as_validation_error(lambda: sign_in_limits.limit_sign_ins(request, credentials["username"]))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Check a password; a success resets the count of attempts."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            sign_in_limits.reset_failed_sign_ins(request, credentials["username"])
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the network of a client, for the list of sessions: no whole address is stored."""
        try:
            address = ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", "")))
        except ValueError:
            return "0.0.0.0"  # noqa: S104  # not an address to listen on
        bits = 24 if address.version == 4 else 48
        return str(ipaddress.ip_network((address, bits), strict=False).network_address)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the ways to confirm who one is; who has none sets a password first."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for method in methods:
            method["description"] = REAUTHENTICATION_METHODS[method["id"]]
        set_password = {"id": "set_password", "description": "", "url": reverse("account_set_password")}
        return methods or [set_password]

    # --- New accounts -----------------------------------------------------------------------------
    def new_user(self, request: HttpRequest) -> User:
        """Return an account that is not saved, with a keyed hash of the network address it is registered from."""
        return User(registered_from=rate_limits.address_hash(request))

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Save a new account with what the form has, or with the password of the attempt before."""
        super().save_user(request, user, form, commit=False)
        kept = kept_passwords.take(request)
        if kept and not form.cleaned_data.get("password1"):
            user.password = kept
        if commit:
            user.save()
        return user

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Welcome a new account."""
        if kwargs.get("signup"):
            messages.success(
                request,
                gettext("Welcome, %(name)s! Your account is ready: you can write now.") % {"name": user.label},
            )
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Say that an account is closed."""
        messages.error(request, gettext("This account is closed. Please ask an administrator of this wiki."))
        return redirect("login")

    # --- E-mails and messages ---------------------------------------------------------------------
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue an e-mail in plain text; to nobody if its account is not in the database."""
        name = template_prefix.rpartition("/")[2]
        context |= {"base_address": settings.BASE_ADDRESS, "wiki_name": settings.SITE_NAME}
        subject = " ".join(render_to_string(f"wiki/accounts/mail/{name}_subject.txt", context).split())
        body = render_to_string(f"wiki/accounts/mail/{name}_message.txt", context)
        recipients = [email] if context["user"].pk else []
        email_queue.enqueue(EmailMessage(subject, body, None, recipients))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link of an e-mail; not with the Host header, which the sender of the request can choose."""
        uid, _, token = key.partition("-")
        return settings.BASE_ADDRESS + reverse("account_reset_password_from_key", args=[uid, token])

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return the link of an e-mail; not with the Host header, which the sender of the request can choose."""
        return settings.BASE_ADDRESS + reverse("account_confirm_email", args=[emailconfirmation.key])

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None,
        message_context: dict[str, Any] | None = None, extra_tags: str = "", message: str | None = None,
    ) -> None:  # fmt: skip
        """Show a message; allauth names its template, of which MESSAGES has our sentence."""
        name = (message_template or "").rpartition("/")[2].removesuffix(".txt")
        text = message or (gettext(MESSAGES[name]) if name in MESSAGES else "")
        if text:
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Return False: forms answer with pages."""
        return False

    # --- Where to go next -------------------------------------------------------------------------
    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return the address of the profile."""
        return reverse("profile")

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        """Return the address of the profile, which asks visitors to sign in."""
        return reverse("profile")


REAUTHENTICATION_METHODS = {
    "reauthenticate": _("With my password"),
    "mfa_reauthenticate": _("With a code from my app, or a recovery code"),
    "mfa_reauthenticate:webauthn": _("With my security key"),
}
"""How a way to confirm who one is called, by allauth's id of it."""
