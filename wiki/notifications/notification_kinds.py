"""The registry of kinds of notifications: how each is said, and where its link leads.

A higher package adds a kind in `wiki/apps.py` (`register`), and calls `sending.notify` in the transaction of what
happens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from wiki.history.history_urls import batch_address
from wiki.notifications.models import Notification
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from wiki.accounts.models import User

CHANGE, QUESTION = "change", "question"


@dataclass(frozen=True, slots=True)
class ComposedEmail:
    """An e-mail of a kind that has a text of its own."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class NotificationKind:
    """A kind of notification. Its functions get notifications with page, version and changeset: no query each."""

    name: str
    label: StrPromise
    sentence: Callable[[Notification], str]
    """What happened, in the active language."""
    path: Callable[[Notification], str]
    """The path of the page that shows it."""
    compose: Callable[[User, Sequence[Notification]], list[ComposedEmail]] | None = None
    """Writes the e-mails at once, where a kind has a text of its own; digests list its sentences as all others."""


NOTIFICATION_KINDS: dict[str, NotificationKind] = {}


def register(kind: NotificationKind) -> None:
    """Add a kind, once per name."""
    NOTIFICATION_KINDS.setdefault(kind.name, kind)


def with_comment(sentence: str, comment: str) -> str:
    """Return a sentence with a comment, if there is one, in one line."""
    if not comment.strip():
        return sentence
    return gettext("%(sentence)s: %(comment)s") % {"sentence": sentence, "comment": " ".join(comment.split())}


def path_of_version(notification: Notification) -> str:
    """Return the path of the comparison of a version with the one before, or of the page."""
    version = notification.version
    if version is None:
        return notification.page.get_absolute_url() if notification.page is not None else reverse("notifications")
    if version.number == 1:
        return version.page.get_absolute_url()
    query = urlencode({"from": version.number - 1, "to": version.number})
    return f"{address('compare', version.page.full_title)}?{query}"


def _change_sentence(notification: Notification) -> str:
    """Say who changed what: one version, or how many of a changeset."""
    names = {"name": notification.actor_name}
    changeset, version = notification.changeset, notification.version
    if notification.count > 1:
        text = ngettext(
            "%(name)s changed %(number)d page in one act", "%(name)s changed %(number)d pages in one act",
            notification.count,
        ) % {**names, "number": notification.count}  # fmt: skip
        return with_comment(text, changeset.comment if changeset is not None else "")
    is_new = version is not None and version.number == 1
    text = (gettext("%(name)s created this page") if is_new else gettext("%(name)s changed this page")) % names
    return with_comment(text, version.comment if version is not None else "")


def _change_path(notification: Notification) -> str:
    if notification.count > 1 and notification.changeset_id:
        return batch_address(notification.changeset_id)
    return path_of_version(notification)


def _question_sentence(notification: Notification) -> str:
    """Say how many pages came into the answer of a question, left it or changed, with their titles."""
    titles = notification.data.get("titles", {})
    parts = []
    for name, text in (
        ("enters", gettext("new: %(pages)s")), ("leaves", gettext("gone: %(pages)s")),
        ("changes", gettext("changed: %(pages)s")),
    ):  # fmt: skip
        named = [titles[str(key)] for key in notification.data.get(name, []) if str(key) in titles]
        if named:
            parts.append(text % {"pages": ", ".join(named)})
    return " · ".join(parts) or gettext("The answer has changed.")


def _question_path(notification: Notification) -> str:
    return f"{reverse('ask')}?{urlencode({'q': notification.data.get('question', '')})}"


register(NotificationKind(CHANGE, _("changes of what you watch"), _change_sentence, _change_path))
register(NotificationKind(QUESTION, _("answers of questions that you watch"), _question_sentence, _question_path))
