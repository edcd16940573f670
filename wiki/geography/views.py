"""The JSON that forms ask while somebody writes the name of a commune."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from wiki.geography.communes import Commune, find_communes

MAX_SUGGESTIONS = 10


@require_safe
@cache_control(public=True, max_age=86_400)
def communes(request: HttpRequest) -> JsonResponse:
    """Return the communes whose name or postal code begins with `?q=`, the likeliest first."""
    found = find_communes(request.GET.get("q", ""), MAX_SUGGESTIONS)
    return JsonResponse({"communes": [_fields(commune) for commune in found]})


def _fields(commune: Commune) -> dict[str, object]:
    """Return a commune as JSON has it."""
    return {
        "name": commune.name,
        "code": commune.code,
        "department_code": commune.department_code,
        "department": commune.department,
        "region": commune.region,
        "postal_codes": commune.postal_codes,
        "latitude": commune.latitude,
        "longitude": commune.longitude,
    }
