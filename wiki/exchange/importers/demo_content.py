"""The demo's people, pictures and history, out of a folder of plain files (`demo/README.md` says how).

Acts are played in order, under their own dates. An act that was played is known by its date and
title and never played again; what people wrote since is kept: an act that no longer fits is left out.
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
from wiki.exchange.importers import image_folder
from wiki.exchange.importers.import_tools import finish_import
from wiki.licenses import catalogue
from wiki.moderation.models import Proposal
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture, clean_file_name
from wiki.pages.models import Changeset, PageVersion, Stewardship, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_moves
from wiki.pages.writing.parsed_versions import Tell, silent
from wiki.pages.writing.version_store import Author, NewVersion, store
from wiki.text import titles

ForkInto = Callable[[WikiPage, WikiPage, Author], WikiPage]
"""Forks a page into a place: the room of forks is a neighbour of this one, so the door brings it."""
ProposeUpstream = Callable[[WikiPage, Author, str], None]
"""Proposes a fork to its original, with a message; from there too."""


@dataclass(slots=True)
class DemoReport:
    """What was loaded just now."""

    accounts: int = 0
    pictures: int = 0
    acts: int = 0
    known: int = 0
    skipped: list[str] = field(default_factory=list)
    """Acts that no longer fit what people wrote, and why."""


@dataclass(slots=True)
class _Stage:
    """Where acts are played: the people by name, and the changeset that everything belongs to."""

    folder: Path
    people: Mapping[str, User]
    changeset: Changeset
    take_home: ForkInto
    give_back: ProposeUpstream
    dates: frozenset[datetime]
    """Of all acts: a page of another date was changed by people."""


class _DoesNotFitError(Exception):
    """The act cannot be played any more: people changed, moved or deleted what it is about."""


def load(folder: Path, take_home: ForkInto, give_back: ProposeUpstream, tell: Tell = silent) -> DemoReport:
    """Load accounts, pictures and acts that are not here yet.

    Raises ImportProblem when the folder is not in order.
    """
    report = DemoReport()
    accounts = _tables(folder, "accounts.toml", "account")
    people = {str(account["name"]): _account(account, report) for account in accounts}
    for picture in _tables(folder, "pictures.toml", "picture"):
        _picture(folder, picture, people, report)
    acts = _tables(folder, "history.toml", "act")
    dates = [act["at"] for act in acts]
    played = set(PageVersion.objects.filter(claimed_at__in=dates).values_list("claimed_at", "title"))
    played |= set(Proposal.objects.filter(made_at__in=dates).values_list("made_at", "source__title"))
    left = [act for act in acts if (act["at"], _result(act)) not in played]
    report.known = len(acts) - len(left)
    tell(report.known, len(acts))
    if left:
        changeset = Changeset.objects.create(act=Changeset.Act.DEMO)
        _play_all(
            _Stage(folder, people, changeset, take_home, give_back, frozenset(dates)), left, report, len(acts), tell
        )
        finish_import(changeset)
    return report


def _tables(folder: Path, name: str, key: str) -> list[dict[str, Any]]:
    """The list of tables in a TOML file of the demo. Raises ImportProblem."""
    try:
        tables = tomllib.loads((folder / name).read_text("utf-8")).get(key, [])
    except (OSError, ValueError) as error:
        raise ImportProblem(
            gettext_noop("The file “%(file)s” cannot be read: %(reason)s."), file=name, reason=str(error)
        ) from error
    return list(tables)


def _account(account: Mapping[str, Any], report: DemoReport) -> User:
    """The account of that name; one that is here stays as it is, its password too."""
    name = str(account["name"])
    known = User.objects.filter(username=name).first()
    if known is not None:
        return known
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


def _picture(folder: Path, picture: Mapping[str, Any], people: Mapping[str, User], report: DemoReport) -> None:
    """Take in a picture unless one of its name is here."""
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


def _result(act: Mapping[str, Any]) -> str:
    """The full title that the act's page has afterwards, as versions keep it."""
    title = str(act["title"])
    if act["do"] == "move":
        title = str(act["to"])
    elif act["do"] == "fork":
        title = f"{act['into']}:{title}"
    namespace, rest = titles.split_namespace(titles.clean_title(title))
    return titles.build_full_title(namespace, None, rest)


def _play_all(stage: _Stage, acts: list[dict[str, Any]], report: DemoReport, total: int, tell: Tell) -> None:
    """Play the acts in order; what does not fit any more is left out."""
    players = {"place": _make, "create": _make, "edit": _edit, "move": _move, "fork": _fork, "propose": _propose}
    for act in acts:
        if act["do"] not in players:
            raise ImportProblem(gettext_noop("The demo has no act “%(act)s”."), act=str(act["do"]))
        try:
            players[act["do"]](stage, act)
            report.acts += 1
        except (_DoesNotFitError, WikiError) as error:
            report.skipped.append(f"{act['do']} «{act['title']}»: {error}")
        tell(1, total)


def _author(stage: _Stage, act: Mapping[str, Any]) -> Author:
    """An account, or someone who only has a name; at the time that the act says."""
    name = str(act["by"])
    author = Author.of(stage.people[name]) if name in stage.people else Author(None, name)
    return replace(author, claimed_at=act["at"])


def _text(stage: _Stage, name: str) -> str:
    """The text of that name. Raises ImportProblem."""
    try:
        return (stage.folder / "texts" / name).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ImportProblem(
            gettext_noop("The file “%(file)s” cannot be read: %(reason)s."), file=name, reason=str(error)
        ) from error


def _draft(
    stage: _Stage, act: Mapping[str, Any], page: WikiPage, text: str, fields: PageFields, tags: list[str]
) -> NewVersion:
    """A version as the act says, under its own date."""
    comment, minor = str(act.get("comment", "")), bool(act.get("minor"))
    return NewVersion(page, text, fields, _author(stage, act), comment, minor, tags)


def _page(title: str) -> WikiPage:
    """The page of that title as it is now. Raises _DoesNotFitError."""
    page = page_lookup.find_by_key(titles.key_of(title))
    if page is None:
        raise _DoesNotFitError("gone")
    return page


def _make(stage: _Stage, act: Mapping[str, Any]) -> None:
    """Write the first version of a page or a place, and make its steward one."""
    title = str(act["title"])
    license_id = catalogue.require_free_license(str(act.get("license", catalogue.DEFAULT)))
    language = str(act.get("language", "fr"))
    if act["do"] == "place":
        page_lookup.check_place_title(title)
        fields = PageFields(0, None, titles.clean_title(title), True, license_id, language)
    else:
        fields = page_lookup.fields_for_title(title, license=license_id, language=language)
    page = WikiPage()
    store([_draft(stage, act, page, _text(stage, act["text"]), fields, ["created"])], stage.changeset)
    if steward := stage.people.get(str(act.get("steward"))):
        Stewardship.objects.get_or_create(place=page, user=steward)


def _edit(stage: _Stage, act: Mapping[str, Any]) -> None:
    """Write the next version of a page, unless people changed what it changes."""
    page = _page(str(act["title"]))
    text: str = page.source.text or ""
    if "text" in act:
        if page.edited_at not in stage.dates:
            raise _DoesNotFitError("edited")
        text = _text(stage, act["text"])
    for old, new in act.get("replace", []):
        if text.count(old) != 1:
            raise _DoesNotFitError("edited")
        text = text.replace(old, new)
    store([_draft(stage, act, page, text, PageFields.of(page), [])], stage.changeset)


def _move(stage: _Stage, act: Mapping[str, Any]) -> None:
    """Rename a page; a redirect stays behind."""
    page = _page(str(act["title"]))
    page_moves.move(page, str(act["to"]), _author(stage, act), str(act.get("comment", "")))


def _fork(stage: _Stage, act: Mapping[str, Any]) -> None:
    """Take a page home into a place."""
    stage.take_home(_page(str(act["title"])), _page(str(act["into"])), _author(stage, act))


def _propose(stage: _Stage, act: Mapping[str, Any]) -> None:
    """Propose a fork to its original."""
    stage.give_back(_page(str(act["title"])), _author(stage, act), str(act.get("comment", "")))
