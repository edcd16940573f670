"""Whether an account has a second factor, and the forms with its codes, whose attempts are limited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as code_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts.form_fields import drop_placeholders, rate_limit_as_validation_error
from wiki.accounts.rate_limits import MINUTE, RateLimit, address_hash, count_request
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest

    from wiki.accounts.models import User

CODES = RateLimit(10, 10 * MINUTE, gettext_noop("Too many codes. Please wait ten minutes, then try again."))
PASSKEYS = RateLimit(
    60, 10 * MINUTE, gettext_noop("Too many attempts from your network. Please wait ten minutes, then try again.")
)


def has_second_factor(user: User) -> bool:
    """Return whether a password alone does not sign `user` in."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=kinds).exists())


def limit_passkeys(request: HttpRequest) -> None:
    """Count one attempt to sign in by a passkey from this network address. Raises RateLimitExceeded."""
    count_request(f"passkey:{address_hash(request)}", PASSKEYS)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names and sentences of second factors (MFA_ADAPTER)."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or it was used already."),
        "cannot_generate_recovery_codes": _("Please add an app or a key first: recovery codes stand in for them."),
    }

    def _get_site_name(self) -> str:
        """Return the name of this wiki, which programs for codes and keys show."""
        return str(settings.SITE_NAME)

    def _get_user_identifier(self, user: User) -> str:
        """Return the user name: an e-mail address can change."""
        return user.get_username()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return a name for a new key."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Key %(number)d") % {"number": count + 1}


class CodeLimitMixin:
    """A form with a code, whose attempts are counted for each account."""

    user: User
    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drop_placeholders(self.fields)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}

    def clean_code(self) -> str:
        """Count the attempt, then check the code."""
        rate_limit_as_validation_error(lambda: count_request(f"code:{self.user.pk}", CODES))
        self.cleaned_data["code"] = "".join(str(self.cleaned_data["code"]).split())
        return str(super().clean_code())  # type: ignore[misc]  # of allauth's form, which is mixed in


class SecondFactorForm(CodeLimitMixin, code_forms.AuthenticateForm):
    """The code after the password: of an app, or a recovery code."""


class ConfirmationCodeForm(CodeLimitMixin, code_forms.ReauthenticateForm):
    """The code of a signed-in user, before something that only the owner may do."""


class AppActivationForm(CodeLimitMixin, ActivateTOTPForm):
    """The first code of an app, which shows that it has the secret."""
