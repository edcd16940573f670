"""`action=smwinfo`: numbers of facts, properties, concepts and subobjects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wiki.api.api_request import ApiRequest
from wiki.ask import property_usage
from wiki.facts.models import Property
from wiki.pages.models import WikiPage
from wiki.text.titles import CONCEPT, PROPERTY


def _pages(request: ApiRequest, namespace: int) -> int:
    return int(WikiPage.objects.readable_by(request.user).filter(namespace=namespace).count())


COUNTS: dict[str, Callable[[ApiRequest], int]] = {
    "propcount": lambda request: property_usage.current_facts(request.user).count(),
    "errorcount": lambda request: property_usage.current_facts(request.user).filter(problem__isnull=False).count(),
    "usedpropcount": lambda request: property_usage.current_facts(request.user).values("property").distinct().count(),
    "totalpropcount": lambda request: property_usage.properties(request.user).count(),
    "declaredpropcount": lambda request: Property.objects.exclude(datatype="").exclude(key__startswith="_").count(),
    "proppagecount": lambda request: _pages(request, PROPERTY),
    "conceptcount": lambda request: _pages(request, CONCEPT),
    "subobjectcount": lambda request: (
        property_usage.current_facts(request.user).exclude(subject__fragment="").values("subject").distinct().count()
    ),
}


def info(request: ApiRequest) -> dict[str, Any]:
    """Return the counts named in `info`. Raises ApiError."""
    requested = request.choices("info", COUNTS, "propcount|usedpropcount|declaredpropcount", "smwinfo")
    return {"info": {name: COUNTS[name](request) for name in requested}}
