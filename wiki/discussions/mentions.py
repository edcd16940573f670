"""Mentions of accounts in posts: `@name`, or `@[Full Name]` where a name has spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape, unescape

from django.db.models import CharField, F, Value
from django.db.models.functions import Concat
from django.urls import reverse

from wiki.accounts.models import User

MENTIONS_LIMIT = 20
"""Accounts that one post can mention; further names stay plain text."""
_TAG = re.compile(r"<(?:[^<>\"]|\"[^\"]*\")*>")
_TAG_NAME = re.compile(r"</?([a-z0-9-]+)")
_VERBATIM = frozenset({"a", "code", "pre", "kbd", "samp", "math"})
"""Elements in whose text a name is no mention."""
_MENTION = re.compile(r"(?<![\w@/.])@(?:\[([^\[\]\n]{1,150})\]|([\w.+-]{1,150}))")
_ENDING = ".+-"
"""Signs that a user name may hold, and that also end sentences."""


def find_names(html: str) -> list[str]:
    """Return the names that may be mentions in sanitized HTML, each once, at most MENTIONS_LIMIT."""
    names: dict[str, None] = {}
    for piece, is_text in _pieces(html):
        if is_text:
            names |= dict.fromkeys(_name_of(match) for match in _MENTION.finditer(unescape(piece)))
    return [name for name in names if name][:MENTIONS_LIMIT]


def resolve_names(names: list[str]) -> dict[str, User]:
    """Return the active accounts with these user names or, if only one account has it, full names. Two queries."""
    if not names:
        return {}
    active = User.objects.filter(is_active=True)
    wanted = {*names, *(name.rstrip(_ENDING) for name in names)}
    by_name = {user.username: user for user in active.filter(username__in=wanted)}
    full_name = Concat(F("first_name"), Value(" "), F("last_name"), output_field=CharField())
    shared: dict[str, list[User]] = {}
    for user in active.annotate(full=full_name).filter(full__in=wanted)[: 4 * MENTIONS_LIMIT]:
        shared.setdefault(user.get_full_name(), []).append(user)
    by_name = {name: users[0] for name, users in shared.items() if len(users) == 1} | by_name
    found = ((name, by_name.get(name) or by_name.get(name.rstrip(_ENDING))) for name in names)
    return {name: user for name, user in found if user is not None}


def link_mentions(html: str, users: Mapping[str, User]) -> str:
    """Return sanitized HTML in which mentions of `users` (by the names found) are links to their contributions."""

    def link(match: re.Match[str]) -> str:
        name = _name_of(match)
        user = users.get(name)
        if user is None:
            return escape(match[0], quote=False)
        rest = "" if match[1] else match[2][len(user.username) :] if match[2] != user.username else ""
        url = escape(reverse("contributions", args=[user.username]))
        return f'<a class="mention" rel="nofollow" href="{url}">@{escape(user.label)}</a>{rest}'

    return "".join(_replace(piece, link) if is_text and users else piece for piece, is_text in _pieces(html))


def _replace(piece: str, link: object) -> str:
    """Return escaped text with its mentions replaced by `link`; the text between them is escaped again."""
    text, parts, end = unescape(piece), [], 0
    for match in _MENTION.finditer(text):
        parts += [escape(text[end : match.start()], quote=False), link(match)]  # type: ignore[operator]
        end = match.end()
    return piece if not parts else "".join([*parts, escape(text[end:], quote=False)])


def _name_of(match: re.Match[str]) -> str:
    """Return the name in a match, with single spaces."""
    return " ".join((match[1] or match[2]).split())


def _pieces(html: str) -> Iterator[tuple[str, bool]]:
    """Yield the tags and texts of sanitized HTML in order, and whether each is text that may hold mentions."""
    depth, end = 0, 0
    for tag in _TAG.finditer(html):
        if tag.start() > end:
            yield html[end : tag.start()], not depth
        name = _TAG_NAME.match(tag[0])
        if name and name[1] in _VERBATIM:
            depth = max(0, depth + (-1 if tag[0].startswith("</") else 1))
        yield tag[0], False
        end = tag.end()
    if end < len(html):
        yield html[end:], not depth
