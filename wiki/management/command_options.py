"""Common options of commands that write pages: the acting account, the output format, and the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import CommandError, CommandParser

from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.pages import page_lookup
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.writing.page_writer import Author
from wiki.remotes import mirror_import, mirror_polling


def add_arguments(parser: CommandParser) -> None:
    """Add the options `--by` and `--format`."""
    parser.add_argument("--by", metavar="NAME", help="the account that acts (by default the wiki itself)")
    parser.add_argument("--format", default="text", choices=["text", "json"], help="how to print the answer")


def get_author(name: str | None) -> Author:
    """Return the account called `name` as an author; without a name, the wiki itself. Raises CommandError."""
    if not name:
        return Author(None, settings.SITE_NAME)
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no account called «{name}».")
    return Author.of(user)


def get_page_by_title(title: str) -> WikiPage:
    """Return the page with the full title `title`. Raises CommandError if there is none."""
    try:
        found = page_lookup.find(title, AnonymousUser())
    except WikiError as error:
        raise CommandError(message_for(error)) from error
    if found is None:
        raise CommandError(f"There is no page called «{title}».")
    return found


def get_page_or_mirror(source: str, by: User | None) -> WikiPage:
    """Return the page with the full title `source`; for a URL or an archive file `….zip`, import its mirror.

    Raises CommandError if there is none.
    """
    try:
        if source.startswith(("http://", "https://")):
            return page_lookup.reload_page(mirror_polling.fetch_mirror(source, by).page_id)
        if source.endswith(".zip"):
            with Path(source).open("rb") as file:
                return page_lookup.reload_page(mirror_import.import_mirror(file, by).page_id)
    except WikiError as error:
        raise CommandError(message_for(error)) from error
    except OSError as error:
        raise CommandError(f"{source} cannot be read: {error.strerror}.") from error
    return get_page_by_title(source)


def as_json(data: dict[str, Any]) -> str:
    """Serialize a result as JSON."""
    return json.dumps(data, ensure_ascii=False)
