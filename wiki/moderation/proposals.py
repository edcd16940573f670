"""Proposals of changes from a fork to its upstream: creation, consents, accepting in whole or in part, declining."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.discussions import post_writer, thread_changes
from wiki.discussions.models import Post, Thread
from wiki.errors import LicenseConflict, NotAllowed, Refused, gettext_noop
from wiki.forks.pull_merge import Merge, add_credits
from wiki.forks.version_graph import PARTIAL_TAG
from wiki.licenses import catalogue
from wiki.moderation import proposal_notifications
from wiki.moderation.models import Proposal
from wiki.pages import permissions
from wiki.pages.contributors import ACCEPTED, authors_of
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary, SaveResult
from wiki.text.merging.document_merge import MergedDocument, merge_documents
from wiki.text.normalization import clean_text
from wiki.text.titles import MIRROR_NAMESPACE

MESSAGE_LIMIT, REASON_LIMIT = 2_000, 500
"""Maximum number of characters of a message, and of the reason of a refusal."""


def check_message(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return a message without outer white space. Raises Refused if it has more than `limit` characters."""
    text = text.strip()
    if len(text) > limit:
        raise Refused(
            gettext_noop("This has %(size)d characters: please say it in %(limit)d at most."),
            size=len(text),
            limit=limit,
        )
    return text


def unmerged_contributions(merge: Merge) -> list[PageVersion]:
    """Return the versions of the fork with changes that are not merged upstream: the latest one of each author."""
    graph = merge.graph
    upstream_ancestors = graph.ancestors([graph.nodes[merge.mine.pk]])
    keys = [
        node.pk for node in graph.changed_versions(merge.theirs.page_id, upstream_ancestors) if node.merged_id is None
    ]
    rows = PageVersion.objects.filter(pk__in=keys).select_related("author").order_by("number")
    latest_by_author: dict[tuple[int | None, str], PageVersion] = {
        (row.author_id, row.author_name): row for row in rows
    }
    return list(latest_by_author.values())


def propose(
    merge: Merge, text: str, message: str, by: User, *, is_whole: bool = True, agrees: bool = False
) -> Proposal:
    """Propose `text` to the page of `merge`, from its fork.

    When the licences do not allow the merge, all authors of the changes must consent: `agrees` is the consent of `by`,
    the others are asked. Raises LicenseConflict, NotAllowed, RateLimitExceeded, Refused.
    """
    permissions.require(by, permissions.Action.EDIT, merge.page)
    rate_limits.limit_edits(by)
    text = clean_text(text)
    if text == merge.mine.text():
        raise Refused(gettext_noop("Nothing is left to propose: the original says all of it."))
    proposal = Proposal(
        page=merge.page, base=merge.mine.number, text=text, source=merge.theirs, is_whole=is_whole, by=by,
        by_name=by.label, message=check_message(message),
        pending_consents=_missing_consents(merge, by, agrees),
    )  # fmt: skip
    with transaction.atomic():
        proposal.save()
        proposal_notifications.notify_stewards(proposal)
    invalidate_page_cache(merge.page)
    return proposal


def _missing_consents(merge: Merge, by: User, agrees: bool) -> list[int]:
    """Return the primary keys of users whose consent is missing.

    Raises LicenseConflict when `by` does not agree, or an author has no account and cannot be asked.
    """
    if merge.verdict.allowed:
        return []
    contributions = unmerged_contributions(merge)
    unknown = [version.author_name for version in contributions if version.author is None]
    if unknown:
        raise LicenseConflict(
            gettext_noop("%(license)s does not let this flow back, and %(names)s cannot be asked."),
            license=catalogue.license_name(merge.theirs.license),
            names=", ".join(unknown),
        )
    if not agrees:
        raise LicenseConflict(str(merge.verdict.reason).replace("%", "%%"))
    return [version.author_id for version in contributions if version.author_id not in (None, by.pk)]


def can_resolve(user: object, proposal: Proposal) -> bool:
    """Whether `user` may accept or decline the proposal.

    In a place, its stewards and administrators may; at the root level, everyone who may edit the page, except the user
    who made the proposal.
    """
    if not isinstance(user, User) or not permissions.has_permission(user, permissions.Action.EDIT, proposal.page):
        return False
    if user.is_superuser or permissions.is_steward_of(user, proposal.page):
        return True
    return proposal.page.place_id is None and not proposal.page.is_place and user.pk != proposal.by_id


def merge_proposal(proposal: Proposal, page: WikiPage) -> MergedDocument:
    """Merge the proposed text with the edits of `page` since its base version; `mine` is the current text."""
    base = page.versions.select_related("stored").get(number=proposal.base)
    return merge_documents(base.text() or "", page.source.text or "", proposal.text)


def accept(proposal: Proposal, text: str, by: User, *, is_whole: bool, base: int) -> SaveResult:
    """Accept a proposal: write `text`, all or part of it, as an edit of version `base`, credited to its author.

    Raises NotAllowed, Refused when it is resolved already or consents are missing, EditConflict, DatabaseBusy.
    """
    _require_can_resolve(by, proposal)
    if proposal.pending_consents:
        raise Refused(gettext_noop("Not everyone who wrote this has agreed yet to the licence of the page."))
    merge_tags = _merge_tags(proposal, text, is_whole=is_whole and proposal.is_whole)
    names = authors_of(proposal.source.page, proposal.source.number) if proposal.source else [proposal.by_name]

    def save_related(versions: list[PageVersion]) -> None:
        _resolve(proposal, Proposal.State.ACCEPTED, by, version=versions[-1])
        add_credits(proposal.page, names)

    summary = EditSummary(_comment(proposal, by), tags=[ACCEPTED, *merge_tags], merge_parent=proposal.source)
    saved = page_writer.edit(
        proposal.page, text, Author.of(by), summary, base, save_related, _author_of_merge(proposal)
    )
    if not saved.changed:  # the page has this text already
        _resolve(proposal, Proposal.State.ACCEPTED, by)
    return saved


def _merge_tags(proposal: Proposal, text: str, *, is_whole: bool) -> list[str]:
    """Return the tags of the version with `text` that accepts a proposal, which say how much of the fork it takes."""
    if not is_whole:
        return [PARTIAL_TAG]
    return [] if proposal.source is None else Merge.of(proposal.page, proposal.source).unchanged_tags(text)


def _author_of_merge(proposal: Proposal) -> Author:
    """Return the author of the accepted version: who proposed it or, for a fork on another site, the author there."""
    source = proposal.source
    if source is not None and source.page.namespace == MIRROR_NAMESPACE:
        return Author(None, source.author_name)
    return Author(proposal.by, proposal.by_name)


def _comment(proposal: Proposal, by: User) -> str:
    """Return the comment of the accepted version, in the language of the page."""
    with translation.override(proposal.page.language):
        comment = gettext("Proposal by %(author)s, accepted by %(name)s") % {
            "author": proposal.by_name,
            "name": by.label,
        }
    return f"{comment}: {proposal.message}" if proposal.message else comment


def decline(proposal: Proposal, by: User, reason: str) -> None:
    """Decline a proposal with a reason (may be empty). Raises NotAllowed, Refused."""
    _require_can_resolve(by, proposal)
    _resolve(proposal, Proposal.State.DECLINED, by, decline_reason=check_message(reason, REASON_LIMIT))


def withdraw(proposal: Proposal, by: User) -> None:
    """Withdraw a proposal of `by`. Raises NotAllowed, Refused."""
    if proposal.by_id != by.pk:
        raise NotAllowed(gettext_noop("Only who made a proposal can withdraw it."))
    _resolve(proposal, Proposal.State.WITHDRAWN, by)


def agree(proposal: Proposal, by: User) -> None:
    """Record the consent of `by` to the licence of the page. Raises NotAllowed when it was not requested."""
    with transaction.atomic():  # the row is locked: of two consents at the same moment none is lost
        stored: Proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
        if by.pk not in stored.pending_consents:
            raise NotAllowed(gettext_noop("Nobody asked for your consent here."))
        proposal.pending_consents = [key for key in stored.pending_consents if key != by.pk]
        Proposal.objects.filter(pk=proposal.pk).update(pending_consents=proposal.pending_consents)


def add_comment(proposal: Proposal, by: User, text: str, reply_to: Post | None = None) -> Post:
    """Add a post to the thread of a proposal, which begins with the first one.

    Raises NotAllowed, RateLimitExceeded, Refused.
    """
    post = post_writer.prepare(proposal.page, text, by, reply_to)
    with transaction.atomic():
        stored: Proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
        thread = stored.thread
        if thread is None:  # of two first posts at the same moment the second finds the thread of the first
            thread = _new_thread(proposal)
            Proposal.objects.filter(pk=proposal.pk).update(thread=thread)
        proposal.thread = thread
        return post_writer.store_post(thread, post)


def _new_thread(proposal: Proposal) -> Thread:
    """Return the stored thread of a proposal, without posts, in the state of the proposal."""
    with translation.override(proposal.page.language):
        title = gettext("Proposal %(number)d") % {"number": proposal.pk}
    thread: Thread = Thread.objects.create(
        page=proposal.page, title=title, author=proposal.by, author_name=proposal.by_name,
        shown_at=f"proposal/{proposal.pk}", resolved_at=proposal.resolved_at, resolved_by=proposal.resolved_by,
    )  # fmt: skip
    invalidate_page_cache(proposal.page)
    return thread


def _require_can_resolve(by: User, proposal: Proposal) -> None:
    """Raise NotAllowed unless `by` may resolve the proposal."""
    permissions.require(by, permissions.Action.EDIT, proposal.page)
    if not can_resolve(by, proposal):
        raise NotAllowed(gettext_noop("Those who look after the page decide, and nobody about their own proposal."))


def _resolve(
    proposal: Proposal, state: Proposal.State, by: User, decline_reason: str = "", version: PageVersion | None = None
) -> None:
    """Resolve an open proposal. Raises Refused when it was resolved already, also by a concurrent request."""
    open_proposal = Proposal.objects.filter(pk=proposal.pk).open()
    with transaction.atomic():
        if not open_proposal.update(
            state=state, resolved_by=by, resolved_at=timezone.now(), decline_reason=decline_reason, version=version
        ):
            raise Refused(gettext_noop("This proposal is settled already."))
        stored = Proposal.objects.select_related("thread").get(pk=proposal.pk)
        if stored.thread is not None:
            thread_changes.change_state(stored.thread, by, is_resolved=True)
        proposal_notifications.notify_author(proposal, state, by, decline_reason)
    invalidate_page_cache(proposal.page)


def invalidate_page_cache(page: WikiPage) -> None:
    """Invalidate cached responses of a page, which shows the number of open proposals."""
    WikiPage.objects.filter(pk=page.pk).update(cache_version=F("cache_version") + 1)
