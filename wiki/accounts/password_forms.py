"""Forms that change a password, or send the link to choose one. A new one is typed once, and can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import int_to_base36
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits, sign_in_limits
from wiki.accounts.account_backend import accounts_with_address
from wiki.accounts.form_fields import drop_placeholders, rate_limit_as_validation_error
from wiki.accounts.models import User

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest


class TypedOnceMixin:
    """A form with a new password that is typed once."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        drop_placeholders(self.fields)
        self.fields["password1"].label = _("New password")
        self.fields["password1"].widget.attrs["data-shown-by-button"] = ""


class ChangePasswordForm(TypedOnceMixin, account_forms.ChangePasswordForm):
    """The current password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        self.fields["oldpassword"].help_text = ""

    def clean_oldpassword(self) -> str:
        """Count the attempt, then check the current password."""
        name = self.user.get_username()
        rate_limit_as_validation_error(lambda: sign_in_limits.limit_sign_ins(context.request, name))
        password = str(super().clean_oldpassword())
        sign_in_limits.reset_failed_sign_ins(context.request, name)
        return password


class SetPasswordForm(TypedOnceMixin, account_forms.SetPasswordForm):
    """The first password of an account that signs in elsewhere."""


class NewPasswordForm(TypedOnceMixin, account_forms.ResetPasswordKeyForm):
    """A new password, through the link of an e-mail."""


class ConfirmPasswordForm(account_forms.ReauthenticateForm):
    """The password of a signed-in user, before something that only the owner may do; the adapter counts the attempt."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drop_placeholders(self.fields)
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""


class ResetForm(account_forms.ResetPasswordForm):
    """The e-mail address to which a password reset link is sent.

    An unknown address costs the same time as a known one: the same e-mail is written and queued, to nobody.
    """

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        drop_placeholders(self.fields)
        self.fields["email"].label = _("E-mail address")

    def clean_email(self) -> str:
        """Return the address."""
        return str(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        """Count the e-mail against the rate limit of the network address."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            rate_limit_as_validation_error(lambda: rate_limits.limit_password_resets(self.request))
        return cleaned

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Queue a link for each account with the address; without one, for an account that is not in the database."""
        address = str(self.cleaned_data["email"])
        users = [user for user in accounts_with_address(address) if user.has_usable_password()]
        adapter = get_adapter()
        for user in users or [User(email=address)]:
            token = PasswordResetTokenGenerator().make_token(user)
            link = adapter.get_reset_password_from_key_url(f"{int_to_base36(user.pk or 0)}-{token}")
            adapter.send_password_reset_mail(user, user.email, {"user": user, "password_reset_url": link})
        return address
