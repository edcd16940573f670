"""Giving back: what was changed in a fork is proposed to its original, which takes it in whole, in part, or not."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import LicenseConflict, NotAllowed, Refused, gettext_noop
from wiki.forks.pull_merge import Merge, add_credits
from wiki.forks.version_graph import PARTIAL_TAG
from wiki.licenses import catalogue
from wiki.moderation.models import Proposal, ProposalComment
from wiki.pages import permissions
from wiki.pages.contributors import ACCEPTED, authors_of
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary, SaveResult
from wiki.pages.writing.version_store import clean_text
from wiki.text.merging.document_merge import MergedDocument, merge_documents
from wiki.text.titles import MIRROR_NAMESPACE

MESSAGE_LIMIT = 2_000


def unmerged_contributions(merge: Merge) -> list[PageVersion]:
    """The versions of the fork whose words are not in the original: one of each author, the latest."""
    lineage = merge.graph
    there = lineage.ancestors([lineage.nodes[merge.mine.pk]])
    keys = [node.pk for node in lineage.changed_versions(merge.theirs.page_id, there) if node.merged_id is None]
    rows = PageVersion.objects.filter(pk__in=keys).select_related("author").order_by("number")
    found: dict[tuple[int | None, str], PageVersion] = {(row.author_id, row.author_name): row for row in rows}
    return list(found.values())


def propose(
    merge: Merge, text: str, message: str, by: User, *, is_whole: bool = True, agrees: bool = False
) -> Proposal:
    """Offer `text` to the page of `merge`, whose fork it comes from.

    Where the licence of the fork does not let it flow back, everyone who wrote it has to agree: `agrees` says that `by`
    does, the others are asked. Raises LicenseConflict, NotAllowed, TooFast, Refused.
    """
    permissions.require(by, permissions.Action.EDIT, merge.page)
    rate_limits.limit_edits(by)
    text = clean_text(text)
    if text == merge.mine.text():
        raise Refused(gettext_noop("Nothing is left to propose: the original says all of it."))
    proposal = Proposal(
        page=merge.page, base=merge.mine.number, text=text, source=merge.theirs, is_whole=is_whole, by=by,
        by_name=by.label, message=message.strip()[:MESSAGE_LIMIT], pending_consents=_lacking(merge, by, agrees),
    )  # fmt: skip
    proposal.save()
    invalidate_page_cache(merge.page)
    return proposal


def _lacking(merge: Merge, by: User, agrees: bool) -> list[int]:
    """Whose consent is still needed. Raises LicenseConflict where it was not given, or someone cannot be asked."""
    if merge.verdict.allowed:
        return []
    everyone = unmerged_contributions(merge)
    unknown = [version.author_name for version in everyone if version.author is None]
    if unknown:
        raise LicenseConflict(
            gettext_noop("%(license)s does not let this flow back, and %(names)s cannot be asked."),
            license=catalogue.license_name(merge.theirs.license),
            names=", ".join(unknown),
        )
    if not agrees:
        raise LicenseConflict(str(merge.verdict.reason).replace("%", "%%"))
    return [version.author_id for version in everyone if version.author_id not in (None, by.pk)]


def can_resolve(user: object, proposal: Proposal) -> bool:
    """Whether `user` may take the proposal in, or decline it: who may write the page, save the one who proposes.

    Of pages in a place, its stewards and administrators.
    """
    if not isinstance(user, User) or not permissions.has_permission(user, permissions.Action.EDIT, proposal.page):
        return False
    if user.is_superuser or permissions.is_steward_of(user, proposal.page):
        return True
    return proposal.page.place_id is None and not proposal.page.is_place and user.pk != proposal.by_id


def merge_proposal(proposal: Proposal, page: WikiPage) -> MergedDocument:
    """What is proposed, joined with what was written in `page` since; mine is the page as it is now."""
    base = page.versions.select_related("stored").get(number=proposal.base)
    return merge_documents(base.text() or "", page.source.text or "", proposal.text)


def accept(proposal: Proposal, text: str, by: User, *, is_whole: bool, base: int) -> SaveResult:
    """Write `text`, all or part of what is proposed, as the version after `base`; who proposed is its author.

    Raises NotAllowed, Refused where it is settled or a consent is pending_consents, EditConflict, Busy.
    """
    _require(by, proposal)
    if proposal.pending_consents:
        raise Refused(gettext_noop("Not everyone who wrote this has agreed yet to the licence of the page."))
    part = [] if is_whole and proposal.is_whole else [PARTIAL_TAG]
    names = authors_of(proposal.source.page, proposal.source.number) if proposal.source else [proposal.by_name]

    def settled(versions: list[PageVersion]) -> None:
        _settle(proposal, Proposal.State.ACCEPTED, by, version=versions[-1])
        add_credits(proposal.page, names)

    note = EditSummary(_said(proposal, by), tags=[ACCEPTED, *part], merge_parent=proposal.source)
    saved = page_writer.edit(proposal.page, text, Author.of(by), note, base, settled, _writer(proposal))
    if not saved.changed:  # the page says so already
        _settle(proposal, Proposal.State.ACCEPTED, by)
    return saved


def _writer(proposal: Proposal) -> Author:
    """Who is the author of the version that takes a proposal in: of a fork on another site, not who carried it here."""
    source = proposal.source
    if source is not None and source.page.namespace == MIRROR_NAMESPACE:
        return Author(None, source.author_name)
    return Author(proposal.by, proposal.by_name)


def _said(proposal: Proposal, by: User) -> str:
    """What the history says, in the language of the page."""
    with translation.override(proposal.page.language):
        said = gettext("Proposal by %(author)s, taken in by %(name)s") % {"author": proposal.by_name, "name": by.label}
    return f"{said}: {proposal.message}"[:500] if proposal.message else said


def decline(proposal: Proposal, by: User, word: str) -> None:
    """Say no, with a word why. Raises NotAllowed, Refused."""
    _require(by, proposal)
    _settle(proposal, Proposal.State.DECLINED, by, word=word.strip()[:500])


def withdraw(proposal: Proposal, by: User) -> None:
    """Take one's own proposal back. Raises NotAllowed, Refused."""
    if proposal.by_id != by.pk:
        raise NotAllowed(gettext_noop("Only who made a proposal can withdraw it."))
    _settle(proposal, Proposal.State.WITHDRAWN, by)


def agree(proposal: Proposal, by: User) -> None:
    """Agree that one's words go under the licence of the page. Raises NotAllowed where nobody asked."""
    if by.pk not in proposal.pending_consents:
        raise NotAllowed(gettext_noop("Nobody asked for your consent here."))
    proposal.pending_consents = [key for key in proposal.pending_consents if key != by.pk]
    Proposal.objects.filter(pk=proposal.pk).update(pending_consents=proposal.pending_consents)


def add_comment(proposal: Proposal, by: User, text: str) -> ProposalComment:
    """Say something of a proposal. Raises NotAllowed, TooFast, Refused."""
    permissions.require(by, permissions.Action.EDIT, proposal.page)
    rate_limits.limit_edits(by)
    said = clean_text(text).strip()[:MESSAGE_LIMIT]
    if not said:
        raise Refused(gettext_noop("There is nothing in it yet."))
    return ProposalComment.objects.create(proposal=proposal, by=by, by_name=by.label, text=said)


def _require(by: User, proposal: Proposal) -> None:
    """Raise NotAllowed where `by` may not settle the proposal."""
    permissions.require(by, permissions.Action.EDIT, proposal.page)
    if not can_resolve(by, proposal):
        raise NotAllowed(gettext_noop("Those who look after the page decide, and nobody about their own proposal."))


def _settle(
    proposal: Proposal, state: Proposal.State, by: User, word: str = "", version: PageVersion | None = None
) -> None:
    """Settle a proposal that waits, once. Raises Refused where someone was faster."""
    waiting = Proposal.objects.filter(pk=proposal.pk).open()
    if not waiting.update(
        state=state, resolved_by=by, resolved_at=timezone.now(), decline_reason=word, version=version
    ):
        raise Refused(gettext_noop("This proposal is settled already."))
    invalidate_page_cache(proposal.page)


def invalidate_page_cache(page: WikiPage) -> None:
    """The page says how many proposals wait: move its stamp."""
    WikiPage.objects.filter(pk=page.pk).update(cache_version=F("cache_version") + 1)
