"""URLs of MediaWiki's special pages, so that links from migrated wikis still work.

Names: English ones, Semantic MediaWiki's and MediaWiki's French ones (`specialPageAliases` of their i18n). Links to
Special:Ask have the query in the path (`-5B-5BCity::Lyon-5D-5D/-3FCity`) or as `q`, `po` and `p[name]`.
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
"""Each view with the names of its special pages, separated by `|`."""
SPECIAL_PAGES: Mapping[str, str] = {
    fold(name).replace(" ", ""): view for view, names in VIEWS for name in names.split("|")
}
TITLE_VIEWS = {"browse": "all_pages", "links_to": "all_pages"}
"""Views that need a title, each with the list view that replaces it without one."""
_CODED = re.compile("-([0-9A-F]{2})")
_PARAMETER = re.compile(r"p\[([\w ]{1,40})\]")


@require_safe
def special_page(request: HttpRequest, name: str) -> HttpResponse:
    """Redirect a special page of MediaWiki to the view with that function. 404 where there is none."""
    page_name, _, rest = name.partition("/")
    view = SPECIAL_PAGES.get(fold(page_name).replace("_", "").replace(" ", ""))
    if view is None:
        raise Http404
    query = _unwrap_parameters(request.GET)
    rest = rest.replace("_", " ").strip()
    if view in TITLE_VIEWS:
        candidates = [rest, *(query.pop(name, [""])[-1] for name in ("title", "article", "target"))]
        found = _title_url(view, next(filter(None, candidates), ""))
    else:
        found = reverse(view)
        query.update(_path_parameters(view, rest))
    return redirect(f"{found}?{query.urlencode()}" if query else found)


def _unwrap_parameters(parameters: QueryDict) -> QueryDict:
    """Return the parameters, with `p[limit]` renamed to `limit`."""
    query = QueryDict(mutable=True)
    for name, values in parameters.lists():
        match = _PARAMETER.fullmatch(name)
        query.setlist(match[1] if match else name, values)
    return query


def _path_parameters(view: str, path: str) -> dict[str, str]:
    """Return the path after the slash as parameters of the view; nothing for a list."""
    if not path:
        return {}
    if view == "search":
        return {"q": path}
    if view == "search_by_property":
        name, _, value = _decode(path).lstrip(":").partition("/")
        return {"property": name} | ({"value": value} if value else {})
    if view != "ask":
        return {}
    found: dict[str, str] = {}
    for part in map(_decode, path.split("/")):
        name, equals, value = part.partition("=")
        if part.startswith("?"):
            found["po"] = f"{found['po']}\n{part}" if "po" in found else part
        elif equals and "[[" not in name:
            found[name] = value
        else:
            found["q"] = found.get("q", "") + part
    return found


def _decode(part: str) -> str:
    """Decode a path: SMW writes characters that URLs do not allow as `-5B`."""
    return unquote(_CODED.sub(r"%\1", part), errors="replace")


def _title_url(view: str, title: str) -> str:
    """Return the URL of a view that needs a title; without a title, that of its list. 404 for an invalid title."""
    if not title.lstrip(":").strip():
        return reverse(TITLE_VIEWS[view])
    try:
        return address(view, titles.clean_title(title.lstrip(":")))
    except TitleProblem as problem:
        raise Http404(str(problem)) from problem
