"""Loads the accounts, pictures and history of the demo from a folder of plain files (format: `demo/README.md`).

Acts (recorded changes) are applied in order, under their own dates. An act loaded before is recognized by date and
title, and not applied again. Edits by people are never overwritten: an act that no longer applies is skipped.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from wiki.accounts.models import User
from wiki.errors import ImportProblem, WikiError, gettext_noop
from wiki.exchange.import_tools import finish_import
from wiki.exchange.importers import image_folder
from wiki.exchange.importers.demo_threads import load_threads
from wiki.licenses import catalogue
from wiki.moderation.models import Proposal
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture, clean_file_name
from wiki.pages.models import Changeset, PageVersion, Stewardship, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_moves
from wiki.pages.writing.parsed_versions import ProgressCallback, no_progress
from wiki.pages.writing.version_store import Author, NewVersion, store
from wiki.text import titles

ForkInto = Callable[[WikiPage, WikiPage, Author], WikiPage]
"""Forks a page into a place. A callback of the command, since this package may not import `wiki.forks`."""
ProposeUpstream = Callable[[WikiPage, Author, str], None]
"""Proposes a fork to its upstream, with a message. A callback of the command as well."""


@dataclass(slots=True)
class DemoReport:
    """Result of a load: what was added, and what was loaded before (`known`)."""

    accounts: int = 0
    pictures: int = 0
    acts: int = 0
    known: int = 0
    skipped: list[str] = field(default_factory=list)
    """Acts that no longer apply after edits by people, with the reason."""


@dataclass(slots=True)
class _LoadContext:
    """State of one load: the accounts by name, the changeset of all versions, and the callbacks."""

    folder: Path
    people: Mapping[str, User]
    changeset: Changeset
    fork_into: ForkInto
    propose_upstream: ProposeUpstream
    dates: frozenset[datetime]
    """Dates of all acts: a page last edited at another date was edited by people."""


class _DoesNotFitError(Exception):
    """The act no longer applies: people edited, moved or deleted its page."""


def load(
    folder: Path, fork_into: ForkInto, propose_upstream: ProposeUpstream, on_progress: ProgressCallback = no_progress
) -> DemoReport:
    """Load the accounts, pictures and acts that were not loaded before.

    Raises ImportProblem when the folder is invalid.
    """
    report = DemoReport()
    accounts = _read_tables(folder, "accounts.toml", "account")
    people = {str(account["name"]): _get_or_create_account(account, report) for account in accounts}
    for picture in _read_tables(folder, "pictures.toml", "picture"):
        _add_picture(folder, picture, people, report)
    acts = _read_tables(folder, "history.toml", "act")
    dates = [act["at"] for act in acts]
    loaded = set(PageVersion.objects.filter(claimed_at__in=dates).values_list("claimed_at", "title"))
    loaded |= set(Proposal.objects.filter(made_at__in=dates).values_list("made_at", "source__title"))
    remaining = [act for act in acts if (act["at"], _resulting_title(act)) not in loaded]
    report.known = len(acts) - len(remaining)
    on_progress(report.known, len(acts))
    if remaining:
        changeset = Changeset.objects.create(act=Changeset.Act.DEMO)
        _apply_acts(
            _LoadContext(folder, people, changeset, fork_into, propose_upstream, frozenset(dates)),
            remaining,
            report,
            len(acts),
            on_progress,
        )
        finish_import(changeset)
    if (folder / "threads.toml").exists():
        report.acts += load_threads(_read_tables(folder, "threads.toml", "thread"), people)
    return report


def _read_tables(folder: Path, name: str, key: str) -> list[dict[str, Any]]:
    """Return the array of tables `key` of a TOML file of the demo. Raises ImportProblem."""
    try:
        tables = tomllib.loads((folder / name).read_text("utf-8")).get(key, [])
    except (OSError, ValueError) as error:
        raise ImportProblem(
            gettext_noop("The file “%(file)s” cannot be read: %(reason)s."), file=name, reason=str(error)
        ) from error
    return list(tables)


def _get_or_create_account(account: Mapping[str, Any], report: DemoReport) -> User:
    """Return the account, created if needed; an existing account is not changed, nor its password."""
    name = str(account["name"])
    existing = User.objects.filter(username=name).first()
    if existing is not None:
        return existing
    report.accounts += 1
    administrator = bool(account.get("administrator"))
    return User.objects.create_user(
        name,
        f"{name}@example.org",
        str(account["password"]),
        is_staff=administrator,
        is_superuser=administrator,
        is_blocked=bool(account.get("blocked")),
    )


def _add_picture(folder: Path, picture: Mapping[str, Any], people: Mapping[str, User], report: DemoReport) -> None:
    """Add a picture unless there is one of the same name. Raises ImportProblem."""
    file = str(picture["file"])
    if Picture.objects.filter(name=clean_file_name(file)).exists():
        return
    credit = image_folder.ImageCredit(
        str(picture["author"]), catalogue.require_free_license(str(picture["license"])), ""
    )
    description, by = str(picture["description"]), people.get(str(picture["by"]))
    try:
        image_folder.import_image(
            folder / "pictures" / file, credit, title=str(picture["title"]), description=description, by=by
        )
    except (ValidationError, OSError) as error:
        raise ImportProblem(
            gettext_noop("The file “%(file)s” cannot be read: %(reason)s."), file=file, reason=str(error)
        ) from error
    report.pictures += 1


# ---------------------------------------------------------------- acts


def _resulting_title(act: Mapping[str, Any]) -> str:
    """Return the full title of the page after the act, as versions store it."""
    title = str(act["title"])
    if act["do"] == "move":
        title = str(act["to"])
    elif act["do"] == "fork":
        title = f"{act['into']}:{title}"
    namespace, rest = titles.split_namespace(titles.clean_title(title))
    return titles.build_full_title(namespace, None, rest)


def _apply_acts(
    context: _LoadContext, acts: list[dict[str, Any]], report: DemoReport, total: int, on_progress: ProgressCallback
) -> None:
    """Apply the acts in order; skip those that no longer apply. Raises ImportProblem for an unknown kind of act."""
    handlers = {
        "place": _create_page,
        "create": _create_page,
        "edit": _edit,
        "move": _move,
        "fork": _fork,
        "propose": _propose,
    }
    for act in acts:
        if act["do"] not in handlers:
            raise ImportProblem(gettext_noop("The demo has no act “%(act)s”."), act=str(act["do"]))
        try:
            handlers[act["do"]](context, act)
            report.acts += 1
        except (_DoesNotFitError, WikiError) as error:
            report.skipped.append(f"{act['do']} «{act['title']}»: {error}")
        on_progress(1, total)


def _author_of(context: _LoadContext, act: Mapping[str, Any]) -> Author:
    """Return the author of an act at its date: an account, or a name only."""
    name = str(act["by"])
    author = Author.of(context.people[name]) if name in context.people else Author(None, name)
    return replace(author, claimed_at=act["at"])


def _read_text(context: _LoadContext, name: str) -> str:
    """Return the content of a file in `texts/`. Raises ImportProblem."""
    try:
        return (context.folder / "texts" / name).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ImportProblem(
            gettext_noop("The file “%(file)s” cannot be read: %(reason)s."), file=name, reason=str(error)
        ) from error


def _new_version(
    context: _LoadContext, act: Mapping[str, Any], page: WikiPage, text: str, fields: PageFields, tags: list[str]
) -> NewVersion:
    """Return the new version that an act writes, with its author, date and comment."""
    comment, minor = str(act.get("comment", "")), bool(act.get("minor"))
    return NewVersion(page, text, fields, _author_of(context, act), comment, minor, tags)


def _get_page(title: str) -> WikiPage:
    """Return the current page called `title`. Raises _DoesNotFitError."""
    page = page_lookup.find_by_key(titles.key_of(title))
    if page is None:
        raise _DoesNotFitError("gone")
    return page


def _create_page(context: _LoadContext, act: Mapping[str, Any]) -> None:
    """Create a page or a place, with its steward if the act names one."""
    title = str(act["title"])
    license_id = catalogue.require_free_license(str(act.get("license", catalogue.DEFAULT)))
    language = str(act.get("language", "fr"))
    if act["do"] == "place":
        page_lookup.check_place_title(title)
        fields = PageFields(0, None, titles.clean_title(title), True, license_id, language)
    else:
        fields = page_lookup.fields_for_title(title, license=license_id, language=language)
    page = WikiPage()
    store([_new_version(context, act, page, _read_text(context, act["text"]), fields, ["created"])], context.changeset)
    if steward := context.people.get(str(act.get("steward"))):
        Stewardship.objects.get_or_create(place=page, user=steward)


def _edit(context: _LoadContext, act: Mapping[str, Any]) -> None:
    """Write the next version of a page. Raises _DoesNotFitError when people edited what the act changes."""
    page = _get_page(str(act["title"]))
    text: str = page.source.text or ""
    if "text" in act:
        if page.edited_at not in context.dates:
            raise _DoesNotFitError("edited")
        text = _read_text(context, act["text"])
    for old, new in act.get("replace", []):
        if text.count(old) != 1:
            raise _DoesNotFitError("edited")
        text = text.replace(old, new)
    store([_new_version(context, act, page, text, PageFields.of(page), [])], context.changeset)


def _move(context: _LoadContext, act: Mapping[str, Any]) -> None:
    """Move a page, leaving a redirect."""
    page = _get_page(str(act["title"]))
    page_moves.move(page, str(act["to"]), _author_of(context, act), str(act.get("comment", "")))


def _fork(context: _LoadContext, act: Mapping[str, Any]) -> None:
    """Fork a page into a place."""
    context.fork_into(_get_page(str(act["title"])), _get_page(str(act["into"])), _author_of(context, act))


def _propose(context: _LoadContext, act: Mapping[str, Any]) -> None:
    """Propose a fork to its upstream."""
    context.propose_upstream(_get_page(str(act["title"])), _author_of(context, act), str(act.get("comment", "")))
