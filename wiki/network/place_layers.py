"""The five layers of a third place: which kinds of page and which properties document each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from wiki.facts.special_properties import key_of_property
from wiki.network import place_properties


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a place."""

    id: str
    title: Promise
    sentence: Promise
    icon: str
    created_kind: str
    """The kind of page that adds to it."""
    add_label: Promise
    missing_sentence: Promise
    """What is shown while the place has no page of this layer."""
    kinds: frozenset[str] = frozenset()
    """Keys of the kinds of page that document it; those that no layer names are documentation."""
    properties: frozenset[str] = frozenset()
    expected: Mapping[str, Promise] = field(default_factory=dict)
    """What a place can say of it by its form: the name of a fact by the key of its property."""


PEOPLE = Layer(
    "people", _("People and skills"), _("Who is here, what they can do, what they look after."), "person",
    "person", _("Add a person"), _("No person of this place has a page yet."),
    kinds=frozenset(("person", "organisation")),
)  # fmt: skip
SPACE = Layer(
    "space", _("Space and shared resources"), _("Premises, machines, tools, and what can be borrowed."), "resource",
    "resource", _("Add a resource"), _("No resource of this place has a page yet."),
    kinds=frozenset(("resource",)), properties=place_properties.SPACE,
    expected={
        key_of_property("Surface"): _("floor area"),
        key_of_property("Capacité"): _("capacity"),
        key_of_property("Accessibilité"): _("accessibility"),
    },
)  # fmt: skip
DOCUMENTATION = Layer(
    "documentation", _("Free documentation"), _("What is done here, written down so that others can do it."),
    "practice", "practice", _("Add a practice"), _("No practice or project of this place is written down yet."),
)  # fmt: skip
SERVICES = Layer(
    "services", _("Services"), _("What people come for: a café, a workshop, help, meetings."), "event",
    "service", _("Add a service"), _("No service of this place has a page yet."),
    kinds=frozenset(("service",)), properties=place_properties.SERVICES,
    expected={
        key_of_property("Services"): _("services"),
        key_of_property("Rendez-vous"): _("regular meetings"),
    },
)  # fmt: skip
RULES = Layer(
    "rules", _("Rules and licences"), _("How one decides, shares and lasts."), "license",
    "charter", _("Add a charter"), _("No rule of this place has a page yet."),
    kinds=frozenset(("charter",)), properties=place_properties.RULES,
    expected={key_of_property("Statut"): _("legal status")},
)  # fmt: skip
LAYERS = (PEOPLE, SPACE, DOCUMENTATION, SERVICES, RULES)
LAYER_BY_KIND = {kind: layer.id for layer in LAYERS for kind in layer.kinds}

LAYER_BY_PROPERTY = {key: layer.id for layer in LAYERS for key in layer.properties}


def layer_of_kind(kind: str) -> str:
    """Return the id of the layer that pages of a kind document; `kind` is "" for a page without one."""
    return LAYER_BY_KIND.get(kind, DOCUMENTATION.id)
