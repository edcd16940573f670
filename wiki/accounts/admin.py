"""Users in Wagtail's admin: administrators create accounts, block and unblock them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import IndexView
from wagtail.users.views.users import UserViewSet as WagtailUserViewSet

from wiki.accounts import email_addresses
from wiki.accounts.forms import is_name_taken

BLOCK_FIELDS = {"is_blocked", "blocked_until", "blocked_reason"}


class OptionalNamesMixin(forms.ModelForm):  # type: ignore[type-arg]  # mixed into Wagtail's untyped forms
    """Makes the e-mail address and the names of an account optional."""

    email = forms.EmailField(required=False, label=_("E-mail address"))
    first_name = forms.CharField(required=False, label=_("Display name"), max_length=80)
    last_name = forms.CharField(required=False, label=_("Last name"), max_length=80)


class AccountCreationForm(OptionalNamesMixin, UserCreationForm):
    """A new account, created by an administrator."""

    def clean_username(self) -> str:
        """Return the user name; refuse one that is another user's name or display name, in any letter case."""
        name = str(self.cleaned_data["username"])
        if is_name_taken(name):
            raise ValidationError(_("Someone already has this name: please choose another one."))
        return name


class AccountEditForm(OptionalNamesMixin, UserEditForm):
    """An account with its block: a blocked user can sign in and read, but not edit."""

    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields | BLOCK_FIELDS

    def clean_is_blocked(self) -> bool:
        """Return whether the user is blocked; refuse to block a superuser, who could remove the block again."""
        blocked = bool(self.cleaned_data["is_blocked"])
        if blocked and (self.instance.is_superuser or self.cleaned_data.get("is_superuser")):
            raise ValidationError(_("An administrator cannot be blocked: take that role away first."))
        return blocked

    def save(self, commit: bool = True) -> Any:
        """Save the account; another address takes the place of the one before at once, and is not confirmed."""
        user = super().save(commit=commit)
        if "email" in self.changed_data:
            email_addresses.replace_address(user, user.email)
        return user


class UserIndexView(IndexView):
    """Wagtail's list of users with a column for blocked users."""

    @cached_property
    def columns(self) -> list[Any]:
        """Wagtail's columns and the block."""
        return [
            *super().columns,
            Column("is_blocked", label=_("Block"), accessor=lambda user: _("blocked") if user.is_blocked_now else ""),
        ]


class UserViewSet(WagtailUserViewSet):
    """Wagtail's screens for users, with the wiki's forms."""

    index_view_class = UserIndexView
    edit_template_name = "wiki/accounts/admin_user.html"

    def get_form_class(self, for_update: bool = False) -> Any:
        """Return the form class for a new account or an existing one."""
        return AccountEditForm if for_update else AccountCreationForm
