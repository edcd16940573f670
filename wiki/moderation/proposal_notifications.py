"""Notifications about proposals: to who may decide, when one is made; to its author, when it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.moderation.models import Proposal
from wiki.notifications.models import Notification
from wiki.notifications.notification_kinds import NotificationKind, path_of_version, with_comment
from wiki.notifications.sending import notify
from wiki.pages.models import Stewardship

if TYPE_CHECKING:
    from wiki.accounts.models import User

MADE, SETTLED = "proposal", "proposal_settled"


def notify_stewards(proposal: Proposal) -> None:
    """Notify the stewards of the place of the page, in the transaction that stores the proposal."""
    page = proposal.page
    place_id = page.pk if page.is_place else page.place_id
    if place_id:
        stewards = Stewardship.objects.filter(place=place_id).values_list("user_id", flat=True)
        notify(
            MADE, f"proposal:{proposal.pk}", stewards, page, by=proposal.by, by_name=proposal.by_name,
            proposal=proposal.pk, message=proposal.message,
        )  # fmt: skip


def notify_author(proposal: Proposal, state: Proposal.State, by: User, reason: str) -> None:
    """Notify the author of a proposal that was accepted or declined, in the transaction that resolves it."""
    if proposal.by_id is not None and state != Proposal.State.WITHDRAWN:
        notify(
            SETTLED, f"proposal_settled:{proposal.pk}", [proposal.by_id], proposal.page, by=by,
            proposal=proposal.pk, state=str(state), message=reason,
        )  # fmt: skip


def _made_sentence(notification: Notification) -> str:
    text = gettext("%(name)s proposes a change") % {"name": notification.actor_name}
    return with_comment(text, str(notification.data.get("message", "")))


def _settled_sentence(notification: Notification) -> str:
    is_accepted = notification.data.get("state") == Proposal.State.ACCEPTED
    text = gettext("%(name)s accepted your proposal") if is_accepted else gettext("%(name)s declined your proposal")
    return with_comment(text % {"name": notification.actor_name}, str(notification.data.get("message", "")))


def _path(notification: Notification) -> str:
    number = notification.data.get("proposal")
    return reverse("proposal", args=[number]) if number else path_of_version(notification)


KINDS = (
    NotificationKind(MADE, _("proposals to pages of your places"), _made_sentence, _path),
    NotificationKind(SETTLED, _("decisions on your proposals"), _settled_sentence, _path),
)
