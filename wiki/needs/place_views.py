"""The needs and offers of one place, the feed of what is offered and needed near it, and e-mails about it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from wiki.accounts.models import User
from wiki.errors import RateLimitExceeded, Refused
from wiki.history import page_access
from wiki.history.noindex import noindex
from wiki.needs import offer_subscriptions
from wiki.needs.models import OfferSubscription
from wiki.needs.place_exchange import entry_of, of_place
from wiki.needs.statement_cache import current_needs
from wiki.needs.views import NEAR_KILOMETRES, read_within
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address


@require_safe
def place_needs(request: HttpRequest, title: str) -> HttpResponse:
    """Show what a place needs and who offers it, what it offers and who needs it, and what is over."""
    place = page_access.get_place_or_404(title, request.user)
    stated = current_needs()
    actions = permissions.allowed_actions(request.user, place)
    context = {
        "page": place, "allowed_actions": actions,
        "needs": [entry_of(stated, one) for one in of_place(stated.needs, place.pk)],
        "offers": [entry_of(stated, one) for one in of_place(stated.offers, place.pk)],
        "past": of_place(stated.past, place.pk), "has_point": place.pk in stated.points,
        "feed": address("feed_needs", place.full_title), "within": NEAR_KILOMETRES,
        "subscription": offer_subscriptions.find_subscription(place, request.user),
    }  # fmt: skip
    return render(request, "wiki/needs/place_needs.html", context)


@require_POST
@noindex
def offer_emails(request: HttpRequest, title: str) -> HttpResponseBase:
    """Subscribe to e-mails about offers near a place, or end that (`stop`)."""
    place = page_access.get_place_or_404(title, request.user)
    back = address("place_needs", place.full_title)
    if not request.user.is_authenticated:
        return redirect_to_login(back)
    user = request.user
    if "stop" in request.POST:
        OfferSubscription.objects.filter(user=user, place=place).delete()
        messages.success(request, gettext("You get no letters of this any more."))
        return redirect(f"{back}#emails")
    problems: list[str] = []
    within = read_within(request.POST, problems)
    for problem in problems:
        messages.error(request, problem)
    if not problems:
        _subscribe(request, place, user, within)
    return redirect(f"{back}#emails")


def _subscribe(request: HttpRequest, place: WikiPage, user: User, within: float) -> None:
    """Subscribe a user, and say what follows, or why it was refused."""
    try:
        subscription = offer_subscriptions.subscribe(place, user, within)
    except (Refused, RateLimitExceeded) as error:
        messages.error(request, message_for(error))
        return
    if subscription.confirmed_address == user.email:
        messages.success(request, gettext("You get a letter when someone near offers what this place needs."))
    else:
        messages.success(request, gettext("A letter is on its way to you: follow its link, and it begins."))


@require_http_methods(["GET", "HEAD", "POST"])
@noindex
def confirm_offer_emails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the address of a subscription is confirmed; on POST, it is."""
    is_post = request.method == "POST"
    subscription = (offer_subscriptions.confirm if is_post else offer_subscriptions.find_unconfirmed)(token)
    if subscription is None:
        raise Http404(gettext("This link is too old, or was for another address."))
    return render(
        request, "wiki/needs/email_link.html", {"subscription": subscription, "is_done": is_post, "act": "confirm"}
    )


@csrf_exempt  # a mail program posts it (RFC 8058): the signed token says whose subscription ends
@require_http_methods(["GET", "HEAD", "POST"])
@noindex
def stop_offer_emails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether a subscription ends; on POST, it does, without signing in."""
    if not offer_subscriptions.is_stop_token(token):
        raise Http404(gettext("This link is too old, or was for another address."))
    is_post = request.method == "POST"
    if is_post:
        offer_subscriptions.stop(token)
    return render(request, "wiki/needs/email_link.html", {"is_done": is_post, "act": "stop"})
