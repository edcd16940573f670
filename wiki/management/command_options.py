"""What commands that write pages share: in whose name they act, and which page is meant."""

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
    """Who acts, and how the command answers."""
    parser.add_argument("--by", metavar="NAME", help="the account that acts (by default the wiki itself)")
    parser.add_argument("--format", default="text", choices=["text", "json"], help="how to print the answer")


def get_author(name: str | None) -> Author:
    """The account of that name as an author; without a name the wiki itself. Raises CommandError for an unknown one."""
    if not name:
        return Author(None, settings.SITE_NAME)
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no account called «{name}».")
    return Author.of(user)


def get_page_by_title(title: str) -> WikiPage:
    """The page of that full title. Raises CommandError where there is none."""
    try:
        found = page_lookup.find(title, AnonymousUser())
    except WikiError as error:
        raise CommandError(message_for(error)) from error
    if found is None:
        raise CommandError(f"There is no page called «{title}».")
    return found


def get_page_or_mirror(where: str, by: User | None) -> WikiPage:
    """The page of that full title; or, from an address or a file `….zip`, the mirror of a page of another site.

    Raises CommandError where there is none.
    """
    try:
        if where.startswith(("http://", "https://")):
            return page_lookup.reload_page(mirror_polling.fetch_mirror(where, by).page_id)
        if where.endswith(".zip"):
            with Path(where).open("rb") as file:
                return page_lookup.reload_page(mirror_import.import_mirror(file, by).page_id)
    except WikiError as error:
        raise CommandError(message_for(error)) from error
    except OSError as error:
        raise CommandError(f"{where} cannot be read: {error.strerror}.") from error
    return get_page_by_title(where)


def as_json(answer: dict[str, Any]) -> str:
    """An answer for programs."""
    return json.dumps(answer, ensure_ascii=False)
