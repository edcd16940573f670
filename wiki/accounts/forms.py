"""Forms of accounts: registering, signing in, passwords and the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits, sign_in_limits
from wiki.accounts.models import User
from wiki.accounts.username_proposals import HTML_PATTERN, NAME_LIMIT, propose_username
from wiki.errors import RateLimitExceeded
from wiki.mail import email_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest

    UserCreationForm = auth_forms.UserCreationForm[User]
else:
    UserCreationForm = auth_forms.UserCreationForm

RATE_LIMITED = "too_fast"


def rate_limit_as_validation_error(count: Callable[[], None]) -> None:
    """Call `count`; turn its RateLimitExceeded into a ValidationError with the code RATE_LIMITED."""
    try:
        count()
    except RateLimitExceeded as error:
        raise ValidationError(gettext(error.message) % error.params, code=RATE_LIMITED) from error


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
    """User name and password; attempts count against the rate limits."""

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


class RegistrationForm(UserCreationForm):
    """A new account: user name, password, optional e-mail address, and a honeypot field (`website`)."""

    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        help_text=_("Only used to send you a new password. Nobody sees it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    class Meta:
        model = User
        fields = ("username", "email")
        field_classes = {"username": auth_forms.UsernameField}
        labels = {"username": _("User name")}
        help_texts = {
            "username": _(
                "Letters, digits and @ . + - _ only, without spaces. Everyone sees it beside your changes;"
                " once you have an account, you can choose another name to be shown."
            )
        }

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["username"].max_length = NAME_LIMIT  # type: ignore[attr-defined]  # a CharField, as the model says
        self.fields["username"].widget.attrs |= {
            "maxlength": NAME_LIMIT, "autocomplete": "username",
            "pattern": HTML_PATTERN, "title": _("Letters, digits and @ . + - _ only, without spaces"),
        }  # fmt: skip

    def clean_username(self) -> str:
        """Return the user name; refuse one that is too long, has no letter or digit, or is taken."""
        name = str(self.cleaned_data["username"])
        if len(name) > NAME_LIMIT:
            raise ValidationError(_("Please choose a name of at most 80 characters."))
        if not any(character.isalnum() for character in name):
            raise ValidationError(_("Please choose a name with at least one letter or digit."))
        if is_name_taken(name):
            raise ValidationError(_("Someone already has this name: please choose another one."))
        return name

    def clean_website(self) -> str:
        """Return ""; refuse a filled field, which only spam programs see."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("Please leave this field empty: it is there to stop programs."))
        return ""

    def clean(self) -> dict[str, Any]:
        """Count the account against the rate limit of the network address, if the form has no other error."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            rate_limit_as_validation_error(lambda: rate_limits.limit_registrations(self.request))
        return cleaned

    def full_clean(self) -> None:
        """Check the form, and propose another user name if there is a problem with the one that was typed."""
        super().full_clean()
        if self.is_bound and self.has_error("username"):
            self._propose_username()

    def _propose_username(self) -> None:
        """Put a name that can be used in place of the refused one, and say so."""
        typed = str(self.data.get("username", ""))[:NAME_LIMIT]
        name = propose_username(typed, is_name_taken)
        if not name:
            return
        self.data = {field: self.data[field] for field in self.data} | {"username": name}
        self.add_error("username", gettext("How about “%(name)s”? It is in the field now.") % {"name": name})

    def save(self, commit: bool = True) -> User:
        """Save the account with a keyed hash of the network address from which it was registered."""
        self.instance.registered_from = rate_limits.address_hash(self.request)
        user: User = super().save(commit=commit)
        return user


class ProfileForm(forms.ModelForm[User]):
    """The display name and the e-mail address of a user."""

    display_name = forms.CharField(
        label=_("Display name"),
        required=False,
        max_length=80,
        help_text=_("Shown beside your next changes instead of your user name."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
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
        fields = ("email",)
        labels = {"email": _("E-mail address")}
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}

    field_order = ("display_name", "email", "current_password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["display_name"] = self.instance.get_full_name()

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
        before = User.objects.only("email").get(pk=self.instance.pk).email
        if cleaned.get("email", before) != before and not self.instance.check_password(
            cleaned.get("current_password", "")
        ):
            self.add_error("current_password", _("Please give your current password to change the address."))
        return cleaned

    def save(self, commit: bool = True) -> User:
        """Save the account; the whole display name goes into `first_name`."""
        self.instance.first_name, self.instance.last_name = self.cleaned_data["display_name"], ""
        return super().save(commit=commit)


class ResetForm(auth_forms.PasswordResetForm):
    """The e-mail address to which a password reset link is sent.

    An unknown address costs the same time as a known one: the same e-mail is written and queued, to nobody.
    """

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["email"].label = _("E-mail address")

    def clean(self) -> dict[str, Any]:
        """Count the e-mail against the rate limit of the network address."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            rate_limit_as_validation_error(lambda: rate_limits.limit_password_resets(self.request))
        return cleaned

    def get_users(self, email: str) -> Iterable[User]:
        """Return the accounts that get a link; if there is none, one that is not in the database."""
        return list(super().get_users(email)) or [User(email=email)]

    def send_mail(
        self, subject_template_name: str, email_template_name: str, context: dict[str, Any], from_email: str | None,
        to_email: str, html_email_template_name: str | None = None,
    ) -> None:  # fmt: skip
        """Queue the e-mail; without recipient if the account of `context` is not in the database."""
        subject = " ".join(render_to_string(subject_template_name, context).split())
        body = render_to_string(email_template_name, context)
        recipients = [to_email] if context["user"].pk else []
        email_queue.enqueue(EmailMessage(subject, body, from_email, recipients))
