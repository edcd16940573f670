"""A page in the wiki's layout around the HTML of a result, served to a real browser without a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory
from django.utils.safestring import SafeString
from django.utils.translation import override

from movilab.middleware import public_policy

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

FRAME = (
    '{% extends "base.html" %}{% block main %}<div class="page-layout"><div class="page-text">'
    '<article class="text">{{ html }}</article></div></div>{% endblock %}'
)


def whole_page(html: str) -> str:
    """Render the layout around `html`."""
    request: HttpRequest = RequestFactory().get("/standing")
    request.user = AnonymousUser()
    with override("fr"):
        return str(engines["django"].from_string(FRAME).render({"html": SafeString(html)}, request))


def open_page(tab: Page, html: str) -> None:
    """Show `html` in a browser tab, under the policy of public pages; everything else comes from the live wiki."""
    body = whole_page(html)

    def respond(route: Route) -> None:
        headers = {"Content-Security-Policy": public_policy(), "Content-Type": "text/html; charset=utf-8"}
        route.fulfill(body=body, headers=headers)

    tab.route("**/standing", respond)
    tab.goto("/standing")
