"""The link of e-mails that ends them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from wiki.history.noindex import noindex
from wiki.mail import unsubscribing
from wiki.notifications import watching
from wiki.notifications.notification_emails import STOP_SALT


@csrf_exempt  # a mail program posts it (RFC 8058): the signed token says whose e-mails end
@require_http_methods(["GET", "HEAD", "POST"])
@noindex
def stop_notification_emails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the e-mails of notifications end; on POST, they do, without signing in."""
    user_id = unsubscribing.read_token(token, STOP_SALT)
    if user_id is None:
        raise Http404(gettext("This link is none of ours."))
    is_post = request.method == "POST"
    if is_post:
        watching.stop_emails(user_id)
    return render(request, "wiki/notifications/stop.html", {"is_done": is_post})
