"""What the forms of accounts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from wiki.errors import RateLimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django import forms

RATE_LIMITED = "too_fast"


def rate_limit_as_validation_error(count: Callable[[], None]) -> None:
    """Call `count`; turn its RateLimitExceeded into a ValidationError with the code RATE_LIMITED."""
    try:
        count()
    except RateLimitExceeded as error:
        raise ValidationError(gettext(error.message) % error.params, code=RATE_LIMITED) from error


def is_rate_limited(form: forms.BaseForm) -> bool:
    """Return whether a form was refused by a rate limit: its answer has the status 429."""
    return any(form.has_error(field, RATE_LIMITED) for field in form.errors)


def drop_placeholders(fields: Mapping[str, forms.Field]) -> None:
    """Take away the placeholders that allauth's fields have: they repeat the label, and vanish while one types."""
    for field in fields.values():
        field.widget.attrs.pop("placeholder", None)
