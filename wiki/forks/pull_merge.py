"""Pulls: merges of an upstream version into a fork, or of a fork into its upstream, as one version with two parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils import translation
from django.utils.translation import gettext

from wiki.errors import LicenseConflict, Refused, gettext_noop
from wiki.forks.fork_translation import TextTranslator
from wiki.forks.version_graph import UNCHANGED_TAG, VersionGraph
from wiki.licenses import compatibility
from wiki.licenses.compatibility import Verdict
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_of
from wiki.pages.models import Fork, PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary, SaveResult
from wiki.text.merging.conflicts import Side
from wiki.text.merging.document_merge import MergedDocument, merge_documents


@dataclass(frozen=True)
class Merge:
    """The merge of version `theirs` of another page into version `mine` of `page`."""

    page: WikiPage
    mine: PageVersion
    theirs: PageVersion
    graph: VersionGraph

    @classmethod
    def of(cls, page: WikiPage, theirs: PageVersion, mine: int | None = None) -> Merge:
        """Return the merge of `theirs` into version `mine` of `page` (default: the current version).

        Raises PageVersion.DoesNotExist when there is no such version, Refused when one of them is a deletion.
        """
        version: PageVersion = page.versions.select_related("stored").get(number=page.version if mine is None else mine)
        if version.is_deletion or theirs.is_deletion:
            raise Refused(gettext_noop("Version %(number)d has no text: the page was deleted."), number=theirs.number)
        return cls(page, version, theirs, VersionGraph.of(page, theirs.page))

    @classmethod
    def into_upstream(cls, fork: WikiPage, upstream: WikiPage) -> Merge:
        """Return the merge of a fork into its upstream, at their current versions. Raises what `of` raises."""
        return cls.of(page_lookup.reload_page(upstream.pk), upstream_version(page_lookup.reload_page(fork.pk)))

    @property
    def is_done(self) -> bool:
        """Whether `theirs` is merged or skipped already (it is an ancestor of `mine`), or both have the same text."""
        ancestors = self.graph.ancestors([self.graph.nodes[self.mine.pk]])
        return self.graph.nodes[self.theirs.pk] in ancestors or self.their_text == (self.mine.text() or "")

    @cached_property
    def translator(self) -> TextTranslator:
        """What writes the texts of both pages in the terms of `page`."""
        return TextTranslator(self.page, self.theirs.page)

    @cached_property
    def their_text(self) -> str:
        """The text of `theirs` in the terms of the page."""
        return self.translator.translate(self.theirs.page_id, self.theirs.text() or "")

    @cached_property
    def merged(self) -> MergedDocument:
        """The three-way merge of the two texts, from their merge base."""
        nodes = self.graph.nodes
        bases = self.graph.merge_bases([nodes[self.mine.pk]], [nodes[self.theirs.pk]])
        base = self.graph.merge_base_text(bases, self.translator.translate)
        return merge_documents(base, self.mine.text() or "", self.their_text)

    @cached_property
    def verdict(self) -> Verdict:
        """Whether the licence of `theirs` may be merged into the licence of the page."""
        return compatibility.check(self.theirs.license, self.page.license)

    def summary(self) -> str:
        """Return the default comment of the merge, in the language of the page."""
        with translation.override(self.page.language):
            return gettext("Took in %(title)s, version %(number)d") % self._message_values()

    def _message_values(self) -> dict[str, object]:
        return {"title": self.theirs.page.full_title, "number": self.theirs.number}

    def resolve_all(self, side: Side) -> str:
        """Return the merged text with the same side chosen for all conflicts."""
        return self.merged.resolved([conflict.resolution(side) for conflict in self.merged.conflicts])

    def save(self, text: str, by: Author, comment: str = "", base: int | None = None) -> SaveResult:
        """Write `text` as the merge of `theirs`, as an edit of version `base` (default: `mine`).

        The authors of `theirs` are added to the credits. Raises LicenseConflict with the legal reason, EditConflict
        when the same words were changed meanwhile, NotAllowed, RateLimitExceeded, Refused, DatabaseBusy.
        """
        if not self.verdict.allowed:
            raise LicenseConflict(str(self.verdict.reason).replace("%", "%%"))
        if self.is_done and text == (self.mine.text() or ""):
            return SaveResult(self.page, self.mine.number, changed=False)
        names = authors_of(self.theirs.page, self.theirs.number)
        tags = ["pulled", *self.unchanged_tags(text)]
        summary_of_edit = EditSummary(comment or self.summary(), tags=tags, merge_parent=self.theirs)
        number = self.mine.number if base is None else base
        return page_writer.edit(self.page, text, by, summary_of_edit, number, lambda _: add_credits(self.page, names))

    def unchanged_tags(self, text: str) -> list[str]:
        """Return the tag of a version with `text` that takes in `theirs` as it is but for renamed titles; else none."""
        if text == (self.theirs.text() or "") or self.translator.translate(self.page.pk, text) != self.their_text:
            return []
        return [UNCHANGED_TAG]

    def skip_upstream(self, by: Author) -> SaveResult:
        """Record `theirs` as merged without changing the text (as git's strategy "ours"). Raises what `edit` raises."""
        with translation.override(self.page.language):
            comment = gettext("Passed over %(title)s up to version %(number)d") % self._message_values()
        summary_of_edit = EditSummary(comment, tags=["passed over"], merge_parent=self.theirs)
        return page_writer.edit(self.page, self.mine.text() or "", by, summary_of_edit, self.mine.number)


def add_credits(page: WikiPage, names: Sequence[str]) -> None:
    """Add authors to the credited upstream authors of a fork. Call inside the transaction of the merge."""
    for fork in Fork.objects.filter(page=page):
        authors = list(dict.fromkeys([*fork.upstream_authors, *names]))
        if authors != fork.upstream_authors:
            Fork.objects.filter(pk=fork.pk).update(upstream_authors=authors)


def upstream_version(upstream: WikiPage, number: int | None = None) -> PageVersion:
    """Return a version of the upstream (default: the latest), with the related rows that a merge needs.

    Raises PageVersion.DoesNotExist, and Refused when the latest version is a redirect.
    """
    selected = upstream.version if number is None else number
    if selected == upstream.version and upstream.redirect_key:
        raise Refused(
            gettext_noop("«%(title)s» leads to another page now: there is nothing to take in."),
            title=upstream.full_title,
        )
    version: PageVersion = upstream.versions.select_related("stored", "page__place").get(number=selected)
    return version
