"""Taking in what moved in the original of a fork, or passing over it: one version with two parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from django.utils import translation
from django.utils.translation import gettext

from wiki.errors import LicenseConflict, Refused, gettext_noop
from wiki.forks.version_graph import VersionGraph
from wiki.licenses import compatibility
from wiki.licenses.compatibility import Verdict
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_of
from wiki.pages.models import Fork, PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary, SaveResult
from wiki.text.merging.conflicts import MergeConflict
from wiki.text.merging.document_merge import MergedDocument, merge_documents

Side = Literal["ours", "theirs", "both"]
SIDES: tuple[Side, ...] = get_args(Side)
COMMENT_LIMIT = 500


def resolution_text(clash: MergeConflict, side: Side) -> str:
    """What stands in place of `clash` when `side` is chosen."""
    return {"ours": clash.mine, "theirs": clash.theirs, "both": clash.combined}[side]


@dataclass(frozen=True)
class Merge:
    """Version `theirs` of one page, about to be taken into `page` as it was at version `mine`."""

    page: WikiPage
    mine: PageVersion
    theirs: PageVersion
    graph: VersionGraph

    @classmethod
    def of(cls, page: WikiPage, theirs: PageVersion, mine: int | None = None) -> Merge:
        """The merge of `theirs` into version `mine` of `page` (default: as it is now).

        Raises PageVersion.DoesNotExist where there is no such version, Refused where one of them has no text.
        """
        own: PageVersion = page.versions.select_related("stored").get(number=page.version if mine is None else mine)
        if own.is_deletion or theirs.is_deletion:
            raise Refused(gettext_noop("Version %(number)d has no text: the page was deleted."), number=theirs.number)
        return cls(page, own, theirs, VersionGraph.of(page, theirs.page))

    @classmethod
    def into_upstream(cls, fork: WikiPage, upstream: WikiPage) -> Merge:
        """The merge of a fork into its original, both as they are now. Raises what `of` raises."""
        return cls.of(page_lookup.reload_page(upstream.pk), upstream_version(page_lookup.reload_page(fork.pk)))

    @property
    def is_done(self) -> bool:
        """Whether all of `theirs` has been taken in, or passed over, already."""
        return self.graph.nodes[self.theirs.pk] in self.graph.ancestors([self.graph.nodes[self.mine.pk]])

    @cached_property
    def merged(self) -> MergedDocument:
        """The two texts joined, from what both have in common."""
        nodes = self.graph.nodes
        bases = self.graph.merge_bases([nodes[self.mine.pk]], [nodes[self.theirs.pk]])
        return merge_documents(self.graph.merge_base_text(bases), self.mine.text() or "", self.theirs.text() or "")

    @cached_property
    def verdict(self) -> Verdict:
        """Whether the licence of `theirs` allows that it goes into the page."""
        return compatibility.check(self.theirs.license, self.page.license)

    def summary(self) -> str:
        """What the history says of it, in the language of the page."""
        with translation.override(self.page.language):
            return gettext("Took in %(title)s, version %(number)d") % self._named()

    def _named(self) -> dict[str, object]:
        return {"title": self.theirs.page.full_title, "number": self.theirs.number}

    def resolve_all(self, side: Side) -> str:
        """The whole text with the same side chosen for all clashes."""
        return self.merged.resolved([resolution_text(clash, side) for clash in self.merged.conflicts])

    def save(self, text: str, by: Author, comment: str = "", base: int | None = None) -> SaveResult:
        """Write `text` as the version that takes `theirs` in, following version `base` (default: `mine`).

        Those who wrote what comes in are credited from now on. Raises LicenseConflict with the legal reason,
        EditConflict where others changed the same words meanwhile, NotAllowed, TooFast, Refused, Busy.
        """
        if not self.verdict.allowed:
            raise LicenseConflict(str(self.verdict.reason).replace("%", "%%"))
        names = authors_of(self.theirs.page, self.theirs.number)
        note = EditSummary(comment or self.summary(), tags=["pulled"], merge_parent=self.theirs)
        number = self.mine.number if base is None else base
        return page_writer.edit(self.page, text, by, note, number, lambda _: add_credits(self.page, names))

    def skip_upstream(self, by: Author) -> SaveResult:
        """Write a version with the text as it is, from which on `theirs` counts as seen. Raises what `edit` raises."""
        with translation.override(self.page.language):
            said = gettext("Passed over %(title)s up to version %(number)d") % self._named()
        note = EditSummary(said, tags=["passed over"], merge_parent=self.theirs)
        return page_writer.edit(self.page, self.mine.text() or "", by, note, self.mine.number)


def add_credits(page: WikiPage, names: Sequence[str]) -> None:
    """Add those who wrote what came into a fork to those whom it credits; inside the transaction."""
    for bond in Fork.objects.filter(page=page):
        everyone = list(dict.fromkeys([*bond.upstream_authors, *names]))
        if everyone != bond.upstream_authors:
            Fork.objects.filter(pk=bond.pk).update(upstream_authors=everyone)


def upstream_version(upstream: WikiPage, number: int | None = None) -> PageVersion:
    """A version of the original (default: the last), ready to be taken in.

    Raises PageVersion.DoesNotExist, and Refused where the original only leads elsewhere now.
    """
    wanted = upstream.version if number is None else number
    if wanted == upstream.version and upstream.redirect_key:
        raise Refused(
            gettext_noop("«%(title)s» leads to another page now: there is nothing to take in."),
            title=upstream.full_title,
        )
    found: PageVersion = upstream.versions.select_related("stored", "page__place").get(number=wanted)
    return found
