"""Signing in with the account of an OpenID Connect provider, which the administrator names in the settings."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from requests import RequestException

from wiki.accounts import rate_limits
from wiki.accounts.forms import is_name_taken
from wiki.accounts.models import User
from wiki.accounts.username_proposals import clean_public_name, propose_name, username_for

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


class OpenIDAdapter(DefaultSocialAccountAdapter):
    """Which account of this wiki belongs to an account of the provider (SOCIALACCOUNT_ADAPTER)."""

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Return the account that has confirmed an address that the provider has confirmed, too; else None.

        An address that is not confirmed here may be that of somebody else, who waits for its owner to sign in.
        """
        for address in sociallogin.email_addresses:
            own = EmailAddress.objects.filter(email=address.email.lower(), verified=True).select_related("user").first()
            if own is not None and address.verified:
                return own.user, str(own.email)
        return None

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Give a new account a public name that nobody has, like that of the provider, and the user name for it."""
        user: User = super().populate_user(request, sociallogin, data)
        full_name = data.get("name") or f"{data.get('first_name') or ''} {data.get('last_name') or ''}"
        name = _free_name(str(full_name)) or _free_name(str(data.get("username") or ""))
        name = name or propose_name(gettext("account"), is_name_taken)
        user.username = username_for(name, is_name_taken)
        user.first_name, user.last_name = ("" if name == user.username else name), ""
        return user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Save a new account, which has no password. Raises RateLimitExceeded."""
        rate_limits.limit_registrations(request)
        user: User = super().save_user(request, sociallogin, form)
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Lead back to the screen to sign in, with a sentence."""
        if error != AuthError.CANCELLED:
            logger.warning("Signing in with %s failed: %s", provider.name, type(exception).__name__)
            messages.error(request, _failure())
        raise ImmediateHttpResponse(redirect("login"))


def _free_name(typed: str) -> str:
    """Return a public name like `typed` that nobody has; "" if there is none."""
    try:
        name = clean_public_name(typed)
    except ValidationError:
        return propose_name(typed, is_name_taken)
    return propose_name(name, is_name_taken)


def _failure() -> str:
    return gettext("Signing in with %(name)s failed. Please try again later, or sign in with a password.") % {
        "name": settings.OPENID_NAME
    }


class OpenIDClient(OpenIDConnectOAuth2Adapter):
    """The client of the provider; it gives the wiki's own address, not that of the Host header."""

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Return the address to which the provider leads back."""
        return settings.BASE_ADDRESS + reverse("openid_connect_callback", args=[self.provider_id])


@never_cache
@require_safe
def sign_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider. By GET: the Content-Security-Policy lets no form lead to another site."""
    return _run(OAuth2LoginView, request, provider_id)


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in who comes back from the provider, in a new account if there is none."""
    return _run(OAuth2CallbackView, request, provider_id)


def _run(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    """Call a view of allauth; a provider that does not answer, or answers otherwise than it should, is a failure."""
    if "process" in request.GET:  # accounts are not joined on demand: a forged link could join that of somebody else
        raise Http404
    try:
        response: HttpResponse = view.adapter_view(OpenIDClient(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (RequestException, KeyError, TypeError, ValueError) as error:
        logger.warning("Signing in with %s failed: %s", settings.OPENID_NAME, type(error).__name__)
        messages.error(request, _failure())
        return redirect("login")
    return response
