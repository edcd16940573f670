"""Who gets e-mails about offers near a place: subscribing, confirming the address, and stopping by a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.mail import email_queue, unsubscribing
from wiki.needs.models import OfferSubscription
from wiki.needs.place_exchange import Answer, find_answers
from wiki.needs.statement_cache import current_needs
from wiki.pages import permissions
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from wiki.needs.stated_needs import StatedNeeds
    from wiki.pages.models import Reader

CONFIRM_SECONDS = 7 * 24 * 3600
CONFIRMATIONS = rate_limits.RateLimit(
    5, rate_limits.HOUR, gettext_noop("Five letters to confirm your address were sent within an hour. Please wait.")
)
_CONFIRM_SALT, _STOP_SALT = "wiki.needs.confirm", "wiki.needs.stop"


def find_subscription(place: WikiPage, user: Reader) -> OfferSubscription | None:
    """Return the subscription of a user to the offers near a place, or None."""
    return OfferSubscription.objects.filter(place=place, user=user.pk).first() if user.pk else None


def subscribe(place: WikiPage, user: User, kilometres: float) -> OfferSubscription:
    """Subscribe a user to the offers near a place, or change the distance.

    An address that was not confirmed yet gets an e-mail with a link, before which it gets no other. Raises NotAllowed,
    Refused when the account has no address, and RateLimitExceeded.
    """
    permissions.require(user, permissions.Action.EDIT, place)
    if not user.email:
        raise Refused(gettext_noop("Your account has no e-mail address: give one in «My account» first."))
    confirmed = OfferSubscription.objects.filter(user=user, confirmed_address=user.email).exists()
    if not confirmed:
        rate_limits.count_request(f"confirm:{user.pk}", CONFIRMATIONS)
    with transaction.atomic():
        values = {"kilometres": kilometres, "language": (get_language() or "fr")[:2]}
        subscription, _ = OfferSubscription.objects.update_or_create(user=user, place=place, defaults=values)
        if not confirmed:
            _queue_confirmation(subscription)
        else:
            _begin(subscription)
    return subscription


def confirm(token: str) -> OfferSubscription | None:
    """Return the subscription of a link that confirms its address, confirmed now; None for a link that is none."""
    subscription = find_unconfirmed(token)
    if subscription is not None and subscription.confirmed_address != subscription.user.email:
        _begin(subscription)
    return subscription


def find_unconfirmed(token: str) -> OfferSubscription | None:
    """Return the subscription that a link confirms; None if the link is too old or the account has another address."""
    try:
        pk, email = signing.loads(token, salt=_CONFIRM_SALT, max_age=CONFIRM_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return OfferSubscription.objects.select_related("user", "place").filter(pk=pk, user__email=email).first()


def _begin(subscription: OfferSubscription) -> None:
    """Record the address as confirmed. What is offered already is known: the page shows it."""
    known = {answer.digest for answer in answers_for(subscription, current_needs())}
    subscription.known = sorted(known | set(subscription.known))
    subscription.confirmed_address = subscription.user.email
    subscription.save(update_fields=["known", "confirmed_address"])


def answers_for(subscription: OfferSubscription, stated: StatedNeeds) -> list[Answer]:
    """Return the offers within the distance of a subscription that answer needs of its place."""
    return find_answers(stated, subscription.place_id, subscription.kilometres)


def stop_address(subscription: OfferSubscription) -> str:
    """Return the URL that ends a subscription without signing in."""
    return settings.BASE_ADDRESS + reverse(
        "stop_offer_emails", args=[unsubscribing.make_token(subscription.pk, _STOP_SALT)]
    )


def is_stop_token(token: str) -> bool:
    """Return whether this is the token of a link that ends a subscription, whether that exists or not."""
    return unsubscribing.read_token(token, _STOP_SALT) is not None


def stop(token: str) -> None:
    """End the subscription of a link."""
    number = unsubscribing.read_token(token, _STOP_SALT)
    if number is not None:
        OfferSubscription.objects.filter(pk=number).delete()


def _queue_confirmation(subscription: OfferSubscription) -> None:
    """Queue the e-mail with the link that confirms the address of the account."""
    user = subscription.user
    token = signing.dumps([subscription.pk, user.email], salt=_CONFIRM_SALT)
    context = email_context(subscription) | {
        "confirm_url": settings.BASE_ADDRESS + reverse("confirm_offer_emails", args=[token]),
    }
    text = render_to_string("wiki/needs/confirm_letter.txt", context)
    subject = gettext("Confirm: letters about offers near %(place)s") % {"place": subscription.place.shown_title}
    email_queue.enqueue(EmailMessage(" ".join(subject.split()), text, None, [user.email]))


def email_context(subscription: OfferSubscription) -> dict[str, Any]:
    """Return what both e-mails show."""
    return {
        "name": subscription.user.label, "place": subscription.place.shown_title,
        "kilometres": subscription.kilometres, "wiki_name": settings.SITE_NAME,
        "place_url": settings.BASE_ADDRESS + address("place_needs", subscription.place.full_title),
        "stop_url": stop_address(subscription),
    }  # fmt: skip
