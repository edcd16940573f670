"""A check of `manage.py check --deploy`: whether this site can send e-mails."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

CONSOLE = "django.core.mail.backends.console.EmailBackend"
DISCARD = "wiki.mail.email_backends.DiscardBackend"
HINT = "Set MOVILAB_MAIL to a mail server, like smtp+tls://user:password@host:587."


def check_mail(**_: Any) -> list[checks.CheckMessage]:
    """Return a warning if e-mails are discarded or printed instead of sent."""
    backend = settings.MAIL_DELIVERY_BACKEND
    if backend == DISCARD:
        return [checks.Warning("E-mails are discarded: nobody can reset a password.", hint=HINT, id="movilab.W001")]
    if backend == CONSOLE:
        text = "E-mails are printed on the console: the log has links that reset passwords."
        return [checks.Warning(text, hint=HINT, id="movilab.W002")]
    return []
