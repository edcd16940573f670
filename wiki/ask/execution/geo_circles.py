"""Circles on the sphere, as conditions that an index of latitudes and longitudes helps with.

A box first: where the circle reaches a pole it spans all longitudes, where it reaches the
antimeridian it is two boxes. Then the haversine, as in `matching.distance`.
"""

from __future__ import annotations

import math

from django.db.models import F, FloatField, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cos, Radians, Sin
from django.db.models.lookups import LessThanOrEqual

from wiki.facts.value_conditions import EARTH_RADIUS, WithinDistance

ROUNDING_MARGIN = 1e-7
"""Degrees by which boxes are larger than they need be, for what rounding takes away."""


def haversine(lat: float, lon: float) -> Combinable:
    """The haversine of the angle between a fact's place and this one: grows with the distance, from 0 to 1."""
    half_lat = Sin((Radians(F("lat"), output_field=FloatField()) - Value(math.radians(lat))) / Value(2.0))
    half_lon = Sin((Radians(F("lon"), output_field=FloatField()) - Value(math.radians(lon))) / Value(2.0))
    across = Value(math.cos(math.radians(lat))) * Cos(Radians(F("lat"), output_field=FloatField()))
    return half_lat * half_lat + across * half_lon * half_lon


def is_within_circle(circle: WithinDistance) -> Q:
    """Facts whose place lies in the circle."""
    if circle.metres < 0:
        return Q(pk__in=[])
    angle = circle.metres / EARTH_RADIUS
    there = Q(lat__isnull=False, lon__isnull=False)
    if angle >= math.pi:
        return there
    limit = math.sin(angle / 2) ** 2
    exact = Q(LessThanOrEqual(haversine(circle.lat, circle.lon), Value(limit * (1 + 1e-12))))
    return there & bounding_boxes(circle) & exact


def bounding_boxes(circle: WithinDistance) -> Q:
    """The smallest box or boxes about a circle."""
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
