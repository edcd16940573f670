"""Money: an amount in a currency, in euros unless the property declares another (`Corresponds to: 1 CHF, francs`)."""

from __future__ import annotations

from dataclasses import replace

from wiki.facts.datatypes.quantities import Quantity, Scale
from wiki.facts.values import Context, Declaration, Value
from wiki.text.titles import fold

EURO = Scale(("€", "EUR", "euros", "euro"), 1.0)
FREE = frozenset({"gratuit", "gratuite", "gratuitement", "gratis", "free", "free of charge"})
"""Folded words for no money at all."""
CENTS = 2


class Money(Quantity):
    """`number` is the amount in the main currency; amounts in others are converted where the property declares how."""

    id = "_mon"
    names = {"en": ("Money", "Amount"), "fr": ("Montant", "Monnaie")}

    def scales(self, declaration: Declaration) -> tuple[Scale, ...]:
        """Return the declared currencies, the main one first; euros where none is declared."""
        return super().scales(declaration) or (EURO,)

    def read(self, raw: str, context: Context) -> tuple[float, Scale, bool]:
        """Return an amount as `Quantity` does; `gratuit` is none at all. Raises InvalidQueryValue."""
        if fold(raw.strip()) in FREE:
            return 0.0, self.scales(context.declaration)[0], False
        return super().read(raw, context)

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the amount with its currency, with cents where there are any; `gratuit` as written."""
        if value.number == 0 and fold(value.raw.strip()) in FREE and not form:
            return value.raw.strip()
        converted = self.convert_for_display(value, context)
        if converted and not form and context.declaration.precision is None and converted[0] != round(converted[0]):
            context = replace(context, declaration=replace(context.declaration, precision=CENTS))
        return super().show(value, context, form)

    def unit_spelling(self, written: str, scale: Scale) -> str:
        """Return the first name of the currency, however it was written."""
        return scale.names[0]
