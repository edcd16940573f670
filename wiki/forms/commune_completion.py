"""Completes what a commune says of itself: what its script fills in while one types, for those who have no script."""

from __future__ import annotations

from wiki.forms.page_form import PageForm
from wiki.geography.communes import Commune, commune_by_name


def complete_communes(page_form: PageForm) -> None:
    """Fill the empty fields of codes, département, region and coordinates by the commune that was entered.

    Nothing is filled in if the commune was not changed, or if several communes have its name.
    """
    by_input = {one.input.id: one for one in page_form.fields}
    town = by_input.get("commune")
    if town is None or len(town.values) != 1 or town.values == town.old_values:
        return
    code = by_input.get("postal-code")
    commune = commune_by_name(town.values[0], code.values[0] if code is not None and code.values else "")
    if commune is None:
        return
    for name, value in _parts(commune).items():
        one = by_input.get(name)
        if one is not None and not one.values and not one.old_values and value:
            one.values = [value]


def _parts(commune: Commune) -> dict[str, str]:
    """Return what is known of a commune, by the ids of inputs."""
    has_centre = commune.latitude is not None and commune.longitude is not None
    return {
        "postal-code": commune.postal_codes[0] if len(commune.postal_codes) == 1 else "",
        "insee-code": commune.code,
        "department": commune.department,
        "region": commune.region,
        "coordinates": f"{commune.latitude}, {commune.longitude}" if has_centre else "",
    }
