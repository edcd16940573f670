"""A form with fields that scripts add to, as the wiki's templates write it, served at an address of the live server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation

if TYPE_CHECKING:
    from playwright.sync_api import Page

STYLES = ("wiki/base.css", "wiki/parts.css", "wiki/ask/results.css", "wiki/forms/forms.css")
ADDRESS = "/a-form"


def field(name: str, label: str, value: str = "", attributes: str = "") -> str:
    """Return the HTML of a field with its label."""
    return (
        f'<div class="field"><label for="{name}">{label}</label>'
        f'<input id="{name}" name="{name}" value="{value}" {attributes}></div>'
    )


def open_form(tab: Page, *fields: str, theme: str = "light", tiles: str = "") -> list[str]:
    """Open a form with these fields; return the list of the requests that it makes, which grows."""
    with translation.override("fr"):
        texts = render_to_string("wiki/forms/input_texts.html")
    links = "".join(f'<link rel="stylesheet" href="{static(name)}">' for name in STYLES)
    meta = f'<meta name="map-tiles" content="{tiles}" data-attribution="© OSM">' if tiles else ""
    body = (
        f'<!doctype html><html lang="fr" data-theme="{theme}"><head><meta charset="utf-8">{meta}'
        "<title>Formulaire</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{links}<script type="module" src="{static("wiki/forms/inputs.js")}"></script></head><body>'
        f'<main class="content"><h1>Formulaire</h1><form data-form action="/sent" {texts}>{"".join(fields)}'
        "<p><button>Enregistrer</button></p></form></main></body></html>"
    )
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.route(f"**{ADDRESS}", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    tab.route("**/sent**", lambda route: route.fulfill(body="<title>sent</title>", content_type="text/html"))
    tab.goto(ADDRESS)
    return asked
