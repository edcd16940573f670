"""Templates of this project that use what the view did not give fail their test; Django would show nothing."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.template.base import FilterExpression, Variable, VariableDoesNotExist


class UndefinedVariable(Exception):
    """A template of ours names a variable that is not in its context, or an attribute that an object lacks."""


class MissingVariable(str):
    """`string_if_invalid` for the tests: raises in our own templates, and is empty in those of Django and Wagtail."""

    def __bool__(self) -> bool:
        """Django asks for this when a variable is missing; False lets it go on with an empty text."""
        frame = sys._getframe(1).f_locals
        expression = frame.get("self")
        if not isinstance(expression, FilterExpression):  # a filter, which got it as its value
            return False
        template = frame["context"].render_context.template
        has_default = any(function.__name__.startswith("default") for function, _ in expression.filters)
        if is_ours(template) and not has_default:
            raise UndefinedVariable(f"{template.name}: {expression.var}")
        return False


def is_ours(template: Any) -> bool:
    """Whether a template is one of this project, not of Django or Wagtail."""
    return template is not None and str(template.origin.name).startswith(str(settings.BASE_DIR / "templates"))


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
            if type(owner).__module__.startswith("wiki.") and is_ours(context.render_context.template):
                raise UndefinedVariable(f"{self.var}: {type(owner).__name__} has no {error.params[0]}") from error
            raise

    Variable._resolve_lookup = resolve_checked  # type: ignore[method-assign]
