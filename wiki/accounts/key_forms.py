"""Forms that a security key fills: a script puts the answer of the key into the field `credential`."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn_forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _


class KeyAnswerMixin:
    """A form with the answer of a key: whatever is wrong with it is an error of the form.

    The libraries that read answers raise errors of many classes for answers that no key would give.
    """

    def clean_credential(self) -> Authenticator:
        """Return the key that answered."""
        try:
            return super().clean_credential()  # type: ignore[misc]  # of allauth's form
        except ValidationError:
            raise
        except Exception as error:
            raise get_adapter().validation_error("incorrect_code") from error


class PasskeyForm(KeyAnswerMixin, webauthn_forms.LoginWebAuthnForm):
    """The answer of a passkey, which signs in."""


class KeyFactorForm(KeyAnswerMixin, webauthn_forms.AuthenticateWebAuthnForm):
    """The answer of a key after the password."""


class ConfirmationKeyForm(KeyAnswerMixin, webauthn_forms.ReauthenticateWebAuthnForm):
    """The answer of a key of a signed-in user, before something that only the owner may do."""


class KeyForm(webauthn_forms.AddWebAuthnForm):
    """The name of a new security key, whether it signs in without a password, and what it answered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")
        self.fields["name"].validators.append(MaxLengthValidator(100))
        self.fields["name"].widget.attrs["maxlength"] = 100
        self.fields["passwordless"].label = _("Passkey: sign in with this key alone, without a password")
        self.fields["passwordless"].help_text = _("The key then asks for a PIN, a fingerprint or a face.")

    def clean(self) -> dict[str, Any]:
        """Check the answer of the key."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            raise
        except Exception as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return cleaned
