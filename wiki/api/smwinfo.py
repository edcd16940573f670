"""`action=smwinfo`: counts of what the wiki says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wiki.api.api_request import ApiError, ApiRequest
from wiki.ask import property_usage
from wiki.errors import gettext_noop
from wiki.facts.models import Property
from wiki.pages.models import WikiPage

CONCEPT, PROPERTY = 108, 102


def _pages(call: ApiRequest, namespace: int) -> int:
    return int(WikiPage.objects.readable_by(call.user).filter(namespace=namespace).count())


COUNTS: dict[str, Callable[[ApiRequest], int]] = {
    "propcount": lambda call: property_usage.current_facts(call.user).count(),
    "errorcount": lambda call: property_usage.current_facts(call.user).filter(problem__isnull=False).count(),
    "usedpropcount": lambda call: property_usage.current_facts(call.user).values("property").distinct().count(),
    "totalpropcount": lambda call: property_usage.properties(call.user).count(),
    "declaredpropcount": lambda call: Property.objects.exclude(datatype="").exclude(key__startswith="_").count(),
    "proppagecount": lambda call: _pages(call, PROPERTY),
    "conceptcount": lambda call: _pages(call, CONCEPT),
    "subobjectcount": lambda call: (
        property_usage.current_facts(call.user).exclude(subject__fragment="").values("subject").distinct().count()
    ),
}


def info(call: ApiRequest) -> dict[str, Any]:
    """The counts named by `info`."""
    wanted = call.get_multi("info", "propcount|usedpropcount|declaredpropcount")
    for name in wanted:
        if name not in COUNTS:
            message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
            raise ApiError("badvalue", message, name="info", value=name[:60])
    return {"info": {name: COUNTS[name](call) for name in wanted}}
