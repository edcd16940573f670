"""Templates of this project that use what the view did not give fail their test; Django would show nothing."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.template.base import Variable, VariableDoesNotExist


class UndefinedVariable(Exception):
    """A template of ours names a variable that is not in its context, or an attribute that an object lacks."""


class MissingVariable(str):
    """`string_if_invalid` for the tests: raises in our own templates, and is empty in those of Django and Wagtail."""

    def __contains__(self, part: object) -> bool:
        return part == "%s"  # so that Django calls `__mod__` with the variable

    def __mod__(self, variable: object) -> str:
        context = sys._getframe(1).f_locals["context"]
        template = context.render_context.template
        if str(template.origin.name).startswith(str(settings.BASE_DIR / "templates")):
            raise UndefinedVariable(f"{template.name}: {variable}")
        return ""


def check_attributes() -> None:
    """Let a template fail that asks one of our own objects for an attribute it lacks, also within `{% if %}`.

    `{% if %}` takes what is missing for false, so that a renamed attribute would hide a part of the screen.
    """
    resolve = Variable._resolve_lookup

    def resolve_checked(self: Variable, context: Any) -> Any:
        try:
            return resolve(self, context)
        except VariableDoesNotExist as error:
            owner = error.params[1] if len(error.params) > 1 else None
            if type(owner).__module__.startswith("wiki."):
                raise UndefinedVariable(f"{self.var}: {type(owner).__name__} has no {error.params[0]}") from error
            raise

    Variable._resolve_lookup = resolve_checked  # type: ignore[method-assign]
