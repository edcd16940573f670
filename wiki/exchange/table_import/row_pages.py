"""The pages that rows of a table mean: found by identifier or title, with the reason where a row may not have one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.exchange.models import ImportedRow
from wiki.exchange.table_import.row_titles import PLACE, title_of_address
from wiki.exchange.table_import.table_rows import ReadRow, Remark, RemarkKind
from wiki.pages import page_lookup
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.read_permissions import is_shown
from wiki.text import titles

ROWS = 500
"""Keys per query."""


def identifier_of(row: ReadRow) -> str:
    """Return what a row is known again by: its identifier, else the key of its title."""
    return row.identifier or f"={titles.key_or_empty(row.title)[:250]}"


class RowPages:
    """The pages of some rows, by number of the row. A few queries for up to ROWS rows."""

    def __init__(self, source: str, kind_key: str, user: User, rows: Sequence[ReadRow]) -> None:
        self.user, self.kind_key = user, kind_key
        self.found: dict[int, WikiPage] = {}
        self.imported: dict[int, ImportedRow] = {}
        self.problems: dict[int, str] = {}
        self.remarks: dict[int, list[Remark]] = defaultdict(list)
        by_identifier = {identifier_of(row): row for row in rows}
        imported = ImportedRow.objects.filter(source=source, identifier__in=by_identifier)
        for known in imported:
            self.imported[by_identifier[known.identifier].number] = known
        self._find_known(rows)
        self._find_by_title([row for row in rows if row.number not in self.imported], source)

    def _pages(self, **conditions: object) -> list[WikiPage]:
        pages = WikiPage.objects.filter(**conditions).select_related("source", "place", "kind")
        return list(pages.order_by())

    def _readable(self, pages: Iterable[WikiPage]) -> set[int]:
        readable = WikiPage.objects.readable_by(self.user).filter(pk__in=[page.pk for page in pages])
        return set(readable.order_by().values_list("pk", flat=True))

    def _find_known(self, rows: Sequence[ReadRow]) -> None:
        """Find the pages of rows that were imported before."""
        pages = {page.pk: page for page in self._pages(pk__in=[one.page_id for one in self.imported.values()])}
        readable = self._readable(pages.values())
        for row in rows:
            known = self.imported.get(row.number)
            page = pages.get(known.page_id) if known is not None else None
            if page is None:
                continue
            if page.is_deleted:
                self.problems[row.number] = gettext("Its page was deleted here, and stays so.")
            elif page.pk not in readable:
                self._refuse_taken(row)
            else:
                self._accept(row, page)

    def _find_by_title(self, rows: Sequence[ReadRow], source: str) -> None:
        """Find pages by the titles of rows, or by their addresses; redirects are followed."""
        keys: dict[str, list[ReadRow]] = defaultdict(list)
        for row in rows:
            keys[titles.key_or_empty(title_of_address(row.identifier) or row.title)].append(row)
        pages = self._pages(title_key__in=list(keys))
        readable = self._readable(pages)
        of_other_rows = ImportedRow.objects.filter(source=source, page__in=[page.pk for page in pages])
        taken = dict(of_other_rows.values_list("page", "identifier"))
        for found in pages:
            for row in keys[found.title_key or ""]:
                page: WikiPage | None = found
                if found.pk in readable and found.redirect_key:
                    page = page_lookup.redirect_target(found, self.user)
                if page is None or found.pk not in readable:
                    self._refuse_taken(row)
                elif page.pk in taken:
                    text = gettext("«%(title)s» is the page of another row of this data set, with “%(identifier)s”.")
                    values = {"title": page.full_title, "identifier": taken[page.pk].removeprefix("=")}
                    self.problems[row.number] = text % values
                else:
                    self._accept(row, page)
        self._find_similar([row for row in rows if row.number not in self.found and row.number not in self.problems])

    def _accept(self, row: ReadRow, page: WikiPage) -> None:
        """Take a page for a row, unless it is of another kind."""
        self.found[row.number] = page
        key = PLACE if page.is_place else page.kind.key if page.kind is not None else ""
        if key != self.kind_key or page.namespace:
            text = gettext("«%(title)s» is a page of another kind: give this row another title.")
            self.problems[row.number] = text % {"title": page.full_title}

    def _refuse_taken(self, row: ReadRow) -> None:
        self.problems[row.number] = gettext("The title «%(title)s» is taken.") % {"title": row.title}

    def _find_similar(self, rows: Sequence[ReadRow]) -> None:
        """Ask of new titles that differ from those of pages by accents and case only. One query."""
        folded = {titles.fold(row.title.rpartition(":")[2]): row for row in rows}
        pages = WikiPage.objects.readable_by(self.user).filter(title_fold__in=list(folded), namespace=0)
        for fold, title in pages.order_by().values_list("title_fold", "full_title"):
            row = folded[fold]
            text = gettext("There is a page «%(title)s»: is it the same?") % {"title": title}
            self.remarks[row.number].append(Remark(RemarkKind.QUESTION, "", row.title, text))


class NewPageFields:
    """The fields of new pages: places named by titles are looked up once each, prefixes in use once."""

    def __init__(self, kind_key: str, license_id: str, language: str) -> None:
        self.kind_key, self.license, self.language = kind_key, license_id, language
        self._by_prefix: dict[str, PageFields] = {}
        self._prefixes: set[str] | None = None

    def of(self, title: str) -> PageFields:
        """Return the fields of a new page with a full title. Raises WikiError."""
        if self.kind_key == PLACE:
            self._check_place_title(title)
            return PageFields(0, None, title, True, self.license, self.language)
        prefix, colon, rest = title.partition(":")
        if not colon:
            return PageFields(0, None, title, False, self.license, self.language)
        if prefix not in self._by_prefix:
            found = page_lookup.fields_for_title(f"{prefix}:x", license=self.license, language=self.language)
            self._by_prefix[prefix] = found
        place = self._by_prefix[prefix].place
        return PageFields(0, place, rest.strip() if place else title, False, self.license, self.language)

    def _check_place_title(self, title: str) -> None:
        """Check that no page and no namespace has a title as a prefix. Raises WikiError."""
        if self._prefixes is None:
            keys = WikiPage.objects.filter(title_key__contains=":").order_by().values_list("title_key", flat=True)
            self._prefixes = {str(key).partition(":")[0] for key in keys.iterator()}
        if titles.key_of(title) in self._prefixes or titles.namespace_number(title) is not None:
            page_lookup.check_place_title(title)

    def problem_of(self, title: str) -> str:
        """Return why no page can have a title; "" if one can."""
        try:
            self.of(title)
        except WikiError as error:
            return message_for(error)
        return ""


def deleted_pages(full_titles: Iterable[str]) -> dict[str, WikiPage]:
    """Return the pages that were last deleted under these titles: a new text continues their history. One query."""
    deleted = WikiPage.objects.filter(is_shown(AnonymousUser()), title_key__isnull=True, full_title__in=full_titles)
    deleted = deleted.select_related("source", "place").order_by("edited_at", "pk")
    return {page.full_title: page for page in deleted}
