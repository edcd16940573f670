"""Circles on the sphere, as SQL conditions that can use an index of latitudes and longitudes.

A bounding box comes first: where the circle reaches a pole the box spans all longitudes, where it
crosses the antimeridian there are two boxes. The exact test is the haversine, as in
`value_conditions.distance`.
"""

from __future__ import annotations

import math

from django.db.models import F, FloatField, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cos, Radians, Sin
from django.db.models.lookups import LessThanOrEqual

from wiki.facts.value_conditions import EARTH_RADIUS, WithinDistance

ROUNDING_MARGIN = 1e-7
"""Degrees by which boxes are enlarged, against rounding errors."""


def haversine(lat: float, lon: float) -> Combinable:
    """Return the haversine of the angle between a fact's coordinates and a point: grows with the distance, 0 to 1."""
    half_lat = Sin((Radians(F("lat"), output_field=FloatField()) - Value(math.radians(lat))) / Value(2.0))
    half_lon = Sin((Radians(F("lon"), output_field=FloatField()) - Value(math.radians(lon))) / Value(2.0))
    across = Value(math.cos(math.radians(lat))) * Cos(Radians(F("lat"), output_field=FloatField()))
    return half_lat * half_lat + across * half_lon * half_lon


def is_within_circle(circle: WithinDistance) -> Q:
    """Return the Q for facts whose coordinates lie in the circle."""
    if circle.metres < 0:
        return Q(pk__in=[])
    angle = circle.metres / EARTH_RADIUS
    has_coordinates = Q(lat__isnull=False, lon__isnull=False)
    if angle >= math.pi:
        return has_coordinates
    limit = math.sin(angle / 2) ** 2
    exact = Q(LessThanOrEqual(haversine(circle.lat, circle.lon), Value(limit * (1 + 1e-12))))
    return has_coordinates & bounding_boxes(circle) & exact


def bounding_boxes(circle: WithinDistance) -> Q:
    """Return the Q for the smallest bounding box, or the two boxes, of a circle."""
    angle = circle.metres / EARTH_RADIUS
    reach = math.degrees(angle) + ROUNDING_MARGIN
    south, north = circle.lat - reach, circle.lat + reach
    lats = Q(lat__gte=max(south, -90.0), lat__lte=min(north, 90.0))
    ratio = math.sin(min(angle, math.pi / 2)) / max(math.cos(math.radians(circle.lat)), 1e-12)
    if south <= -90 or north >= 90 or ratio >= 1:
        return lats
    span = math.degrees(math.asin(ratio)) + ROUNDING_MARGIN
    west, east = circle.lon - span, circle.lon + span
    if west < -180:
        return lats & (Q(lon__gte=west + 360) | Q(lon__lte=east))
    if east > 180:
        return lats & (Q(lon__gte=west) | Q(lon__lte=east - 360))
    return lats & Q(lon__gte=west, lon__lte=east)
