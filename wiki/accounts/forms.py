"""Forms of accounts: registering, signing in and the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.forms import SignupForm
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import email_addresses, invitations, kept_passwords, rate_limits, second_factors, sign_in_limits
from wiki.accounts.form_fields import drop_placeholders, rate_limit_as_validation_error
from wiki.accounts.models import User
from wiki.accounts.username_proposals import (
    HTML_PATTERN,
    NAME_LIMIT,
    clean_public_name,
    propose_name,
    username_for,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SECOND_FACTOR = "second_factor"


def is_name_taken(name: str, exclude: User | None = None) -> bool:
    """Return whether a user other than `exclude` has `name`, in any letter case, as user name or display name.

    The spellings are listed because SQLite ignores case only for ASCII.
    """
    spellings = {name, name.lower(), name.upper(), name.title(), name.capitalize()}
    others = User.objects.all() if exclude is None else User.objects.exclude(pk=exclude.pk)
    return others.filter(
        Q(username__iexact=name)
        | Q(username__in=spellings)
        | Q(first_name__iexact=name, last_name="")
        | Q(first_name__in=spellings, last_name="")
    ).exists()


class SignInForm(auth_forms.AuthenticationForm):
    """Name or e-mail address, and password; attempts count against the rate limits.

    An account with a second factor is refused: it signs in on the screen for it (`SignInScreenForm`).
    """

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        field = self.fields["username"]
        field.label = _("Name or e-mail address")
        field.max_length = 254  # type: ignore[attr-defined]  # a CharField
        field.widget.attrs["maxlength"] = 254

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then check the password; a success resets the count of attempts."""
        name = self.cleaned_data.get("username")
        if self.request is None or not name:
            return super().clean()
        request: HttpRequest = self.request
        rate_limit_as_validation_error(lambda: sign_in_limits.limit_sign_ins(request, name))
        cleaned = super().clean()
        sign_in_limits.reset_failed_sign_ins(request, name)
        return cleaned

    def get_invalid_login_error(self) -> ValidationError:
        """Return the error of a name and a password that do not match."""
        return ValidationError(
            gettext("This name and password do not match. Capital letters count in both."), code="invalid_login"
        )

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse an account with a second factor."""
        super().confirm_login_allowed(user)
        if second_factors.has_second_factor(user):
            raise ValidationError(
                gettext("This account has two-factor authentication: please sign in on the screen for signing in."),
                code=SECOND_FACTOR,
            )


class SignInScreenForm(SignInForm):
    """The form of the screen to sign in, after which the second factor is asked for."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse closed accounts only."""
        auth_forms.AuthenticationForm.confirm_login_allowed(self, user)

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Go on with the next step: the second factor if there is one, else the page at `redirect_url`."""
        user = self.get_user()
        login = Login(user=user, redirect_url=redirect_url)
        response: HttpResponse = perform_password_login(request, {"username": user.get_username()}, login)
        return response


class RegistrationForm(SignupForm):
    """A new account: public name, optional e-mail address, password, and a honeypot field (`website`)."""

    field_order = ("username", "email", "password1", "website")
    data: Any
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        drop_placeholders(self.fields)
        self._describe_fields()
        self.fields["password1"].required = not kept_passwords.kept(request)

    def _describe_fields(self) -> None:
        """Give the fields their labels and hints."""
        name, email = self.fields["username"], self.fields["email"]
        name.label = _("Public name")
        name.help_text = _("As people call you, such as “Prénom Nom”. Everyone sees it beside your changes.")
        name.max_length = NAME_LIMIT
        name.validators = []
        name.widget.attrs |= {
            "maxlength": NAME_LIMIT, "autocomplete": "username",
            "pattern": HTML_PATTERN, "title": _("Letters, digits, spaces and . ' + - _ only"),
        }  # fmt: skip
        email.label = _("E-mail address")
        email.help_text = _("Only used to send you a new password. Nobody sees it.")
        self.fields["password1"].label = _("Password")
        self.fields["password1"].widget.attrs["data-shown-by-button"] = ""
        if address := invitations.invited_address(self.request):
            email.initial, email.disabled = address, True
            email.help_text = _("It is confirmed already: your invitation came to this address. Nobody sees it.")

    def clean_username(self) -> str:
        """Return the public name; refuse one that cannot be shown as a name, or is taken."""
        name = clean_public_name(str(self.cleaned_data["username"]))
        username = username_for(name, is_name_taken)
        if is_name_taken(name) or not username:
            raise ValidationError(_("Someone already has this name: please choose another one."))
        self.cleaned_data["first_name"] = "" if name == username else name
        return username

    def clean_website(self) -> str:
        """Return ""; refuse a filled field, which only spam programs see."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("Please leave this field empty: it is there to stop programs."))
        return ""

    def clean(self) -> dict[str, Any]:
        """Count the account against the rate limit of the network address, if the form has no other error."""
        cleaned: dict[str, Any] = super().clean()
        if not self.errors:
            rate_limit_as_validation_error(lambda: rate_limits.limit_registrations(self.request))
        return cleaned

    def full_clean(self) -> None:
        """Check the form; of a refused one keep a good password, and propose a name in place of a bad one."""
        super().full_clean()
        if self.is_bound and self.errors:
            if password := self.cleaned_data.get("password1"):
                kept_passwords.keep(self.request, password)
            if self.has_error("username"):
                self._propose_name()

    @property
    def keeps_password(self) -> bool:
        """Whether the password need not be typed again."""
        return self.is_bound and not self.has_error("password1") and bool(kept_passwords.kept(self.request))

    def _propose_name(self) -> None:
        """Put a name that can be used in place of the refused one, and say so."""
        name = propose_name(str(self.data.get("username", ""))[:NAME_LIMIT], is_name_taken)
        if not name:
            return
        self.data = {field: self.data[field] for field in self.data} | {"username": name}
        self.add_error("username", gettext("How about “%(name)s”? It is in the field now.") % {"name": name})


class ProfileForm(forms.ModelForm[User]):
    """The display name and the e-mail address of a user."""

    display_name = forms.CharField(
        label=_("Display name"),
        required=False,
        max_length=80,
        help_text=_("Shown beside your next changes instead of your user name."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        help_text=_("Another address is used when you follow the link that we send to it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    current_password = forms.CharField(
        label=_("Current password"),
        required=False,
        strip=False,
        help_text=_("Only needed to change the e-mail address."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    class Meta:
        model = User
        fields = ()

    field_order = ("display_name", "email", "current_password")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.initial["display_name"] = self.instance.get_full_name()
        self.initial["email"] = self.instance.email

    def clean_display_name(self) -> str:
        """Return the name on one line; refuse unprintable characters and names of other users."""
        name = " ".join(self.cleaned_data["display_name"].split())
        if not name.isprintable():
            raise ValidationError(_("This name holds signs that cannot be shown."))
        if name and is_name_taken(name, exclude=self.instance):
            raise ValidationError(_("Someone already has this name: please choose another one."))
        return name

    def clean(self) -> dict[str, Any]:
        """Require the password when the e-mail address changes, since the address can reset the password."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("email", self.instance.email) == self.instance.email:
            return cleaned
        name = self.instance.get_username()
        rate_limit_as_validation_error(lambda: sign_in_limits.limit_sign_ins(self.request, name))
        if not self.instance.check_password(cleaned.get("current_password", "")):
            self.add_error("current_password", _("Please give your current password to change the address."))
            return cleaned
        sign_in_limits.reset_failed_sign_ins(self.request, name)
        if cleaned["email"]:
            rate_limit_as_validation_error(lambda: rate_limits.limit_password_resets(self.request))
        return cleaned

    def save(self, commit: bool = True) -> User:
        """Save the account; the whole display name goes into `first_name`. A new address gets a link first."""
        self.instance.first_name, self.instance.last_name = self.cleaned_data["display_name"], ""
        user = super().save(commit=commit)
        if self.cleaned_data["email"] != user.email:
            email_addresses.change_address(self.request, user, self.cleaned_data["email"])
        return user
