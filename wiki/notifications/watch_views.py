"""The screens of watching: one target, and the list of all that the user watches."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.ask.language.query_errors import AskProblem
from wiki.errors import Refused
from wiki.history.noindex import noindex
from wiki.notifications import question_watches, watch_kinds
from wiki.notifications import watching as watch_rules
from wiki.notifications.models import Delivery, Watch
from wiki.notifications.watch_lists import list_watches
from wiki.notifications.watching import WatchTarget

PER_PAGE = 50
QUESTION_LENGTH = 20_000


@login_required
@never_cache
@noindex
@require_http_methods(["GET", "HEAD", "POST"])
def watch(request: HttpRequest) -> HttpResponseBase:
    """Show how the user watches the target `?kind=…&name=…`; on POST, watch it (`delivery`) or cease (`stop`).

    Raises Http404 for a target that does not exist or that the user may not read.
    """
    user = cast(User, request.user)
    kind = request.GET.get("kind", "")
    name = request.GET.get("name", "").replace("\x00", "")[:QUESTION_LENGTH].strip()
    if not name:
        raise Http404
    if kind == watch_kinds.QUESTION:
        target = watch_rules.question_target(name)
    else:
        target = watch_rules.find_target(kind, name, user)
    problem = ""
    if request.method == "POST":
        try:
            _change(request, user, target)
        except (AskProblem, Refused) as error:
            problem = question_watches.message_of(error)
        else:
            return redirect(_path(target))
    return _watch_screen(request, user, target, problem)


def _change(request: HttpRequest, user: User, target: WatchTarget) -> None:
    """Watch the target, or cease to. Raises AskProblem, Refused."""
    known = target.watch_of(user)
    if "stop" in request.POST:
        if known is not None:
            known.delete()
        messages.success(request, gettext("You do not watch “%(title)s” any more.") % {"title": target.title})
        return
    delivery = request.POST.get("delivery", "")
    watch_rules.check_delivery(user, delivery)
    if target.kind == watch_kinds.QUESTION:
        rate_limits.limit_previews(request)
        question_watches.watch_question(user, target.title, delivery, (get_language() or "fr")[:2])
    else:
        watch_rules.watch(user, target, delivery)
    messages.success(request, gettext("You watch “%(title)s” now.") % {"title": target.title})


def _path(target: WatchTarget) -> str:
    """Return the path of the target."""
    return f"{target.path}?{urlencode({'q': target.title})}" if target.kind == watch_kinds.QUESTION else target.path


def _watch_screen(request: HttpRequest, user: User, target: WatchTarget, problem: str) -> HttpResponse:
    """Show the choices; with a problem, what was chosen stays chosen."""
    known = target.watch_of(user)
    chosen = request.POST.get("delivery", "")
    if chosen not in Delivery.values:
        chosen = known.delivery if known is not None else watch_rules.settings_of(user).watch_delivery
    context = {
        "target": target, "label": watch_kinds.WATCH_KINDS[target.kind].label, "known": known, "chosen": chosen,
        "deliveries": Delivery.choices, "problem": problem, "path": _path(target), "email": user.email,
    }  # fmt: skip
    return render(request, "wiki/notifications/watch.html", context, status=422 if problem else 200)


@login_required
@never_cache
@noindex
@require_http_methods(["GET", "HEAD", "POST"])
def watching(request: HttpRequest) -> HttpResponseBase:
    """List all that the user watches; on POST, change how (`watch`, `delivery`), or cease to watch it (`stop`)."""
    user = cast(User, request.user)
    rows = Watch.objects.readable(user).select_related("page__place", "person", "question")
    if request.method == "POST":
        return _change_row(request, user)
    pages = Paginator(rows.order_by("-since", "-pk"), PER_PAGE).get_page(request.GET.get("p"))
    context = {"pages": pages, "watches": list_watches(pages.object_list), "deliveries": Delivery.choices}
    return render(request, "wiki/notifications/watching.html", context)


def _change_row(request: HttpRequest, user: User) -> HttpResponseBase:
    """Change or delete a watch of the user. Raises Http404, Refused."""
    numbers = (request.POST.get("stop", ""), request.POST.get("watch", ""))
    stop, change = (int(one) if one.isascii() and one.isdigit() and len(one) < 19 else 0 for one in numbers)
    found = Watch.objects.filter(user=user, pk=stop or change)
    if stop:
        found.delete()
        messages.success(request, gettext("You do not watch it any more."))
    else:
        delivery = request.POST.get("delivery", "")
        watch_rules.check_delivery(user, delivery)
        found.update(delivery=delivery)
        messages.success(request, gettext("Your choice is stored."))
    return redirect(reverse("watching"))
