"""Addresses of MediaWiki's special pages, so that links of authors who come from there keep working.

Names: English ones, Semantic MediaWiki's and MediaWiki's French ones (`specialPageAliases` of their i18n). Links to
Special:Ask write the question in the path (`-5B-5BCity::Lyon-5D-5D/-3FCity`) or as `q`, `po` and `p[name]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from wiki.pages.page_urls import address
from wiki.text import titles
from wiki.text.titles import TitleProblem, fold

VIEWS: tuple[tuple[str, str], ...] = (
    ("ask", "Ask|Requêter"),
    ("browse", "Browse|Parcourir"),
    ("properties", "Properties|Propriétés|Attributs"),
    ("unused_properties", "UnusedProperties|Propriétés inutilisées|Attributs inutilisés"),
    ("wanted_properties", "WantedProperties|Propriétés demandées|Attributs demandés"),
    ("search_by_property", "SearchByProperty|PageProperty|Recherche par propriété|Propriétés de la page"),
    ("types", "Types"),
    ("concepts", "Concepts"),
    ("problems", "ProcessingErrorList|ConstraintErrorList"),
    ("search", "Search|Recherche|Rechercher"),
    ("all_pages", "AllPages|Toutes les pages|PrefixIndex"),
    ("changes", "RecentChanges|Modifications récentes"),
    ("categories", "Categories|Catégories"),
    ("wanted", "WantedPages|Pages demandées"),
    ("orphans", "LonelyPages|Pages orphelines"),
    ("links_to", "WhatLinksHere|Pages liées"),
    ("upload", "Upload|Téléverser"),
    ("login", "UserLogin|Connexion"),
)
"""Each view and the special pages that it is here."""
SPECIAL_PAGES: Mapping[str, str] = {
    fold(name).replace(" ", ""): view for view, names in VIEWS for name in names.split("|")
}
TITLE_VIEWS = {"browse": "all_pages", "links_to": "all_pages"}
"""Views of one title, with the list that comes where none is named."""
_CODED = re.compile("-([0-9A-F]{2})")
_PARAMETER = re.compile(r"p\[([\w ]{1,40})\]")


@require_safe
def special_page(request: HttpRequest, name: str) -> HttpResponse:
    """The way to the screen that a special page of MediaWiki is here. 404 for one that this wiki has not."""
    head, _, rest = name.partition("/")
    view = SPECIAL_PAGES.get(fold(head).replace("_", "").replace(" ", ""))
    if view is None:
        raise Http404
    query = _plainly(request.GET)
    rest = rest.replace("_", " ").strip()
    if view in TITLE_VIEWS:
        named = [rest, *(query.pop(name, [""])[-1] for name in ("title", "article", "target"))]
        found = _titled(view, next(filter(None, named), ""))
    else:
        found = reverse(view)
        query.update(_asked(view, rest))
    return redirect(f"{found}?{query.urlencode()}" if query else found)


def _plainly(given: QueryDict) -> QueryDict:
    """The parameters with `p[limit]` as `limit`."""
    query = QueryDict(mutable=True)
    for name, values in given.lists():
        match = _PARAMETER.fullmatch(name)
        query.setlist(match[1] if match else name, values)
    return query


def _asked(view: str, rest: str) -> dict[str, str]:
    """What stands after the slash, as parameters of the view; nothing for a list."""
    if not rest:
        return {}
    if view == "search":
        return {"q": rest}
    if view == "search_by_property":
        name, _, value = _decoded(rest).lstrip(":").partition("/")
        return {"property": name} | ({"value": value} if value else {})
    if view != "ask":
        return {}
    found: dict[str, str] = {}
    for part in map(_decoded, rest.split("/")):
        name, equals, value = part.partition("=")
        if part.startswith("?"):
            found["po"] = f"{found['po']}\n{part}" if "po" in found else part
        elif equals and "[[" not in name:
            found[name] = value
        else:
            found["q"] = found.get("q", "") + part
    return found


def _decoded(part: str) -> str:
    """SMW writes signs that addresses do not hold as `-5B`."""
    return unquote(_CODED.sub(r"%\1", part), errors="replace")


def _titled(view: str, title: str) -> str:
    """The address of a view of one title; without a title, of the list that comes instead. 404 for what is none."""
    if not title.lstrip(":").strip():
        return reverse(TITLE_VIEWS[view])
    try:
        return address(view, titles.clean_title(title.lstrip(":")))
    except TitleProblem as problem:
        raise Http404(str(problem)) from problem
