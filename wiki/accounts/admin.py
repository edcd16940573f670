"""People in Wagtail's admin: administrators make accounts, block and unblock them."""

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

from wiki.accounts.forms import is_name_taken

BLOCK_FIELDS = {"is_blocked", "blocked_reason"}


class OptionalNamesMixin(forms.ModelForm):  # type: ignore[type-arg]  # mixed into Wagtail's untyped forms
    """An account needs a user name, and nothing else."""

    email = forms.EmailField(required=False, label=_("E-mail address"))
    first_name = forms.CharField(required=False, label=_("Display name"), max_length=80)
    last_name = forms.CharField(required=False, label=_("Last name"), max_length=80)


class AccountCreationForm(OptionalNamesMixin, UserCreationForm):
    """A new account, made by an administrator."""

    def clean_username(self) -> str:
        """The name, unless someone has it in another spelling."""
        name = str(self.cleaned_data["username"])
        if is_name_taken(name):
            raise ValidationError(_("Someone already has this name: please choose another one."))
        return name


class AccountEditForm(OptionalNamesMixin, UserEditForm):
    """An account, with its block: who is blocked signs in and reads, and changes nothing."""

    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields | BLOCK_FIELDS

    def clean_is_blocked(self) -> bool:
        """The block, unless it would hit an administrator, who could lift it again at once."""
        blocked = bool(self.cleaned_data["is_blocked"])
        if blocked and (self.instance.is_superuser or self.cleaned_data.get("is_superuser")):
            raise ValidationError(_("An administrator cannot be blocked: take that role away first."))
        return blocked


class UserIndexView(IndexView):
    """Wagtail's list of users, which also says who is blocked."""

    @cached_property
    def columns(self) -> list[Any]:
        """Wagtail's columns, and one more."""
        return [
            *super().columns,
            Column("is_blocked", label=_("Block"), accessor=lambda user: _("blocked") if user.is_blocked else ""),
        ]


class UserViewSet(WagtailUserViewSet):
    """Wagtail's screens for users, with the wiki's forms."""

    index_view_class = UserIndexView
    edit_template_name = "wiki/accounts/admin_user.html"

    def get_form_class(self, for_update: bool = False) -> Any:
        """The form for a new account or an existing one."""
        return AccountEditForm if for_update else AccountCreationForm
