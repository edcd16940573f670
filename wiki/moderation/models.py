"""Proposals of a text for a page, with their state; reports of pages; the log of privileged acts; marks of patrol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from wiki.discussions.models import Thread
from wiki.pages.models import Changeset, PageVersion, Stewardship, WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

REASON_LIMIT = 1_000
"""Maximum number of characters of a report."""


class LogEntryQuerySet(models.QuerySet["LogEntry"]):
    """Queries of the log."""

    def readable_by(self, user: Reader) -> LogEntryQuerySet:
        """Permission filter: entries of accounts, and of pages that `user` may read."""
        return self.filter(Q(page=None) | Q(page__in=WikiPage.objects.readable_by(user)))


class LogEntry(models.Model):
    """A privileged act: who did what to which account or page, when and why. Everybody may read it."""

    class LoggedAct(models.TextChoices):
        BLOCK = "block", pgettext_lazy("act in the log", "blocked")
        UNBLOCK = "unblock", pgettext_lazy("act in the log", "ended the block of")
        CLEAN_UP = "clean_up", pgettext_lazy("act in the log", "undid what was written by")
        RESTORE_POSTS = "restore_posts", pgettext_lazy("act in the log", "brought back the posts of")
        PROTECT = "protect", pgettext_lazy("act in the log", "protected")
        UNPROTECT = "unprotect", pgettext_lazy("act in the log", "ended the protection of")

    act = models.CharField(max_length=20, choices=LoggedAct.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    """The account that it concerns, if it concerns one."""
    page = models.ForeignKey(WikiPage, null=True, on_delete=models.CASCADE, related_name="+")
    changeset = models.ForeignKey(Changeset, null=True, on_delete=models.SET_NULL, related_name="+")
    """The batch that it wrote."""
    posts = models.PositiveIntegerField(default=0)
    """Posts that it deleted; they have its time."""
    until = models.DateTimeField(null=True)
    """When its effect ends; None for an effect without an end."""
    reason = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = models.Manager.from_queryset(LogEntryQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["at", "id"], name="log_entry_time")]

    def __str__(self) -> str:
        return f"{self.act} by {self.by_id} at {self.at:%Y-%m-%d %H:%M}"


class PatrolMark(models.Model):
    """A version of a new account that somebody has looked at, and found good."""

    version = models.OneToOneField(PageVersion, on_delete=models.CASCADE, related_name="patrol_mark")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.version_id} by {self.by_id}"


class ReportQuerySet(models.QuerySet["PageReport"]):
    """Queries of reports."""

    def decided_by(self, user: Reader) -> ReportQuerySet:
        """Permission filter: reports of pages that `user` looks after, which nobody else sees."""
        readable = self.filter(page__in=WikiPage.objects.readable_by(user))
        if user.is_superuser:
            return readable
        places = Stewardship.objects.filter(user=user.pk).values("place")
        return readable.filter(Q(page__in=places) | Q(page__place__in=places))

    def open(self) -> ReportQuerySet:
        """Return the reports that nobody has settled."""
        return self.filter(settled_at=None)


class PageReport(models.Model):
    """What a reader reports of a page, to those who look after it."""

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="reports")
    version = models.PositiveIntegerField()
    """Number of the version that was current then."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(max_length=REASON_LIMIT)
    made_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects: ClassVar[Any] = models.Manager.from_queryset(ReportQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["made_at"], name="report_open", condition=Q(settled_at=None))]

    def __str__(self) -> str:
        return f"report {self.pk} of {self.page_id}"


class ProposalQuerySet(models.QuerySet["Proposal"]):
    """Queries of proposals."""

    def readable_by(self, user: Reader) -> ProposalQuerySet:
        """Permission filter: proposals to pages that `user` may read."""
        return self.filter(page__in=WikiPage.objects.readable_by(user))

    def open(self) -> ProposalQuerySet:
        """Proposals that are not resolved yet."""
        return self.filter(state=Proposal.State.OPEN)


class Proposal(models.Model):
    """A proposed text of a page, based on one of its versions; resolved once."""

    class State(models.TextChoices):
        OPEN = "waiting", pgettext_lazy("state of a proposal", "waiting")
        ACCEPTED = "accepted", pgettext_lazy("state of a proposal", "accepted")
        DECLINED = "declined", pgettext_lazy("state of a proposal", "declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("state of a proposal", "withdrawn")

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="proposals")
    base = models.PositiveIntegerField()
    """Number of the page version that the text is based on."""
    text = models.TextField()
    """The proposed text of the whole page."""
    source = models.ForeignKey(PageVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    """The version of a fork that the text comes from; None for a proposal without a fork."""
    is_whole = models.BooleanField(default=True)
    """Whether all changes of the source version are proposed."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="proposals")
    by_name = models.CharField(max_length=255)
    message = models.TextField(max_length=2000, blank=True)
    pending_consents = models.JSONField(default=list, blank=True)
    """Primary keys of the authors of the proposed text who have not agreed yet to the licence of the page."""
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=500, blank=True)
    """Reason given for declining."""
    version = models.ForeignKey(PageVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    """The page version written by accepting the proposal."""
    thread = models.OneToOneField(Thread, null=True, on_delete=models.SET_NULL, related_name="proposal")
    """The discussion of the proposal, once somebody said something."""

    objects: ClassVar[Any] = models.Manager.from_queryset(ProposalQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["page", "state"], name="proposal_page_state")]

    def __str__(self) -> str:
        return f"proposal {self.pk} to {self.page}"

    @property
    def is_open(self) -> bool:
        """Whether the proposal is not resolved yet."""
        return self.state == self.State.OPEN
