"""The backend class: settings name this module, modelsearch finds `SearchBackend` in it.

There is one Whoosh index for each root model (page classes share one). The engine returns candidates, scores by primary
key; filters, order and counts come from the database, so that a queryset may be filtered by permissions. Nothing here
writes to the index during a web request unless the caller asks for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, QuerySet
from modelsearch import query as q
from modelsearch.backends.base import (
    BaseIndex,
    BaseSearchBackend,
    BaseSearchQueryCompiler,
    BaseSearchResults,
    FilterFieldError,
    get_model_root,
)
from modelsearch.backends.database.fallback import DatabaseSearchBackend
from modelsearch.index import class_is_indexed

from wiki.pages.array_lookup import column_in
from wiki.search.engine import schema
from wiki.search.engine.documents import RefusedObjects, documents_of
from wiki.search.engine.evaluation import PostingsEvaluator
from wiki.search.engine.index_directory import PROGRAMMING_ERRORS, IndexDamaged, IndexDirectory, IndexMissing
from wiki.search.engine.merge_policy import BUILD_MERGE_LIMIT, MERGE_LIMIT, merge_policy

if TYPE_CHECKING:
    from django.db.models import Model

LOCK_TIMEOUT = 30.0
"""Seconds that a writer waits for the index lock."""


class WhooshIndex(BaseIndex):
    """The index of a root model and the models that inherit from it."""

    def __init__(self, backend: WhooshBackend, root: type[Model]) -> None:
        super().__init__(backend)
        self.root = root
        self.directory = IndexDirectory(backend.folder / schema.label(root), schema.signature(root))
        self.building: Path | None = None
        """The build that writes go to, while a rebuild is under way; None for the build in use."""

    def __str__(self) -> str:
        return schema.label(self.root)

    def get_key(self) -> str:
        """Return the unique key of the index."""
        return schema.label(self.root)

    def add_items(self, model: type[Model], items: Sequence[Any]) -> None:
        """Add or update objects, in one commit. Raises IndexBusy."""
        if items and class_is_indexed(model):
            self.replace(items, [item.pk for item in items])

    def delete_item(self, item: Any) -> None:
        """Remove an object. Raises IndexBusy."""
        self.replace([], [item.pk])

    def replace(self, items: Sequence[Any], keys: Sequence[Any]) -> RefusedObjects:
        """Remove the objects with these primary keys, then add `items`, in one atomic commit.

        Return the exceptions of the objects that cannot be indexed, by primary key; the others are. Raises IndexBusy,
        and IndexDamaged if the index cannot be written.
        """
        documents, refused = documents_of(items)
        if self.building is not None:
            return refused | self.commit(documents, keys, self.building)
        with self.directory.write_lock(LOCK_TIMEOUT):
            with suppress(IndexMissing):
                return refused | self.commit(documents, keys)
            self.directory.activate_build(self.directory.create_build(schema.schema_of(self.root)))
            return refused | self.commit(documents, keys)

    def commit(
        self, documents: Sequence[dict[str, Any]], removed_keys: Sequence[Any], build: Path | None = None
    ) -> RefusedObjects:
        """Remove keys and add documents in the build in use, or in `build`; the caller holds the write lock.

        Return the exceptions of the documents that the engine refuses, by key. Raises IndexDamaged (recorded, so that
        the index is built again) if the build in use cannot be written.
        """
        refused: RefusedObjects = {}
        while True:
            remaining = [document for document in documents if document[schema.KEY] not in refused]
            writer = self.directory.writer(build)
            current: dict[str, Any] | None = None
            try:
                self._delete(writer, removed_keys, build)
                for current in remaining:
                    writer.add_document(**current)
                current = None
                writer.commit(mergetype=merge_policy(MERGE_LIMIT if build is None else BUILD_MERGE_LIMIT))
            except BaseException as error:
                _release(writer)
                if current is not None and isinstance(error, (*PROGRAMMING_ERRORS, ValueError, KeyError)):
                    refused[current[schema.KEY]] = error  # try again without it
                    continue
                if build is None and isinstance(error, Exception):
                    raise self.directory.record_damage(error) from error
                raise
            return refused

    def _delete(self, writer: Any, keys: Sequence[Any], build: Path | None) -> None:
        segments = {segment.segment_id(): segment for segment in writer.segments}
        with self.directory.committed(build) as snapshot:
            for name, number in snapshot.find(keys):
                segments[name].delete_document(number)

    def reset(self) -> None:
        """Replace the index by an empty one. Raises IndexBusy."""
        with self.directory.write_lock(LOCK_TIMEOUT):
            self.directory.activate_build(self.directory.create_build(schema.schema_of(self.root)))

    def find(
        self, query: q.SearchQuery, fields: dict[str, float], model: type[Model], *, complete: bool = False
    ) -> dict[Any, float]:
        """Return the scores of the matching objects of `model` by primary key; `fields` are boosts by field name.

        `complete`: search the autocompletion fields. Raises IndexMissing and IndexDamaged.
        """
        label = None if model is self.root else schema.label(model)
        with self.directory.snapshot() as snapshot:
            found = PostingsEvaluator(snapshot, fields, label, complete=complete).run(query)
        key: Any = model._meta.pk
        return found if schema.is_numeric(self.root) else {key.to_python(one): score for one, score in found.items()}


def _release(writer: Any) -> None:
    """Cancel a writer that failed, whatever its state, so that Whoosh's own lock is free for the next one."""
    with suppress(Exception):
        writer.cancel()
    with suppress(Exception):
        writer.writelock.release()


class WhooshRebuilder:
    """modelsearch's rebuilder: builds a new index beside the old one, which stays in use until the new one is done."""

    def __init__(self, index: WhooshIndex) -> None:
        self.index = index
        self._lock: Any = None

    def start(self) -> WhooshIndex:
        """Take the write lock until `finish`, and begin a build. Raises IndexBusy."""
        self._lock = self.index.directory.write_lock(LOCK_TIMEOUT)
        self._lock.__enter__()
        self.index.building = self.index.directory.create_build(schema.schema_of(self.index.root))
        return self.index

    def finish(self) -> None:
        """Replace the old index by the new one, and release the lock."""
        build, self.index.building = self.index.building, None
        if build is not None:
            self.index.directory.activate_build(build)
        self._lock.__exit__(None, None, None)


class WhooshQueryCompiler(BaseSearchQueryCompiler):
    """A search query and the fields that it searches."""

    DEFAULT_OPERATOR = "and"
    HANDLES_ORDER_BY_EXPRESSIONS = True
    complete = False

    def boosts(self) -> dict[str, float]:
        """Return the boosts by field name, for the searched fields of the model and of models that inherit from it."""
        found: dict[str, float] = {}
        for one in schema.indexed_models(self.queryset.model):
            for name, field in self._fields_of(one).items():
                if self.fields is None or name in self.fields:
                    found[name] = float(getattr(field, "boost", None) or 1.0)
        return found

    def _fields_of(self, model: type[Model]) -> dict[str, Any]:
        return schema.search_fields_of(model)


class WhooshAutocompleteCompiler(WhooshQueryCompiler):
    """An autocompletion query: it searches the autocompletion fields, and its last word is a prefix."""

    complete = True

    def _fields_of(self, model: type[Model]) -> dict[str, Any]:
        return schema.autocomplete_fields_of(model)


class WhooshResults(BaseSearchResults):
    """Search results: the rows of the queryset among the engine's candidates."""

    supports_facet = True
    _found: dict[Any, float] | None = None

    def _clone(self) -> WhooshResults:
        new: WhooshResults = super()._clone()
        new._found = self._found
        return new

    @property
    def found(self) -> dict[Any, float]:
        """The scores of the candidates by primary key; those of the database search where the index cannot be read."""
        if self._found is None:
            compiler = self.query_compiler
            model = compiler.queryset.model
            index = self.backend.get_index_for_model(model)
            try:
                self._found = index.find(compiler.query, compiler.boosts(), model, complete=compiler.complete)
            except (IndexMissing, IndexDamaged):
                self._found = self._found_by_database()
        return self._found

    def _found_by_database(self) -> dict[Any, float]:
        """Find objects that contain the words anywhere in a column; only for the queries that the database supports."""
        compiler = self.query_compiler
        with suppress(NotImplementedError):
            rows = DatabaseSearchBackend({}).search(compiler.query, compiler.queryset, fields=compiler.fields)
            return {row.pk: 0.0 for row in rows}
        return {}

    def _queryset(self) -> QuerySet[Any]:
        """Filter the queryset by the candidates."""
        queryset: QuerySet[Any] = self.query_compiler.queryset
        if isinstance(self.query_compiler.query, q.MatchAll):
            return queryset
        if schema.is_numeric(queryset.model):
            return queryset.filter(column_in("pk", self.found))
        return queryset.filter(pk__in=list(self.found))

    def _do_search(self) -> Iterator[Any]:
        queryset = self._queryset()
        if self.query_compiler.order_by_relevance:
            keys = set(queryset.order_by().values_list("pk", flat=True))
            best = sorted(keys, key=lambda key: (-self.found.get(key, 0.0), _descending(key)))[self.start : self.stop]
            rows = queryset.in_bulk(best) if not queryset.query.distinct_fields else {row.pk: row for row in queryset}
            objects = [rows[key] for key in best if key in rows]
        else:
            objects = list((queryset if queryset.query.order_by else queryset.order_by("-pk"))[self.start : self.stop])
        for one in objects:
            if self._score_field:
                setattr(one, self._score_field, self.found.get(one.pk, 0.0))
            yield one

    def _do_count(self) -> int:
        return int(self._queryset()[self.start : self.stop].count())

    def facet(self, field_name: str) -> OrderedDict[Any, int]:
        """Count the rows by the value of a filter field. Raises FilterFieldError for a field that is none."""
        model = self.query_compiler.queryset.model
        if self.query_compiler._get_filterable_field(field_name) is None:
            raise FilterFieldError(
                f"Cannot facet search results with field {field_name!r}. Please add "
                f"index.FilterField({field_name!r}) to {model.__name__}.search_fields.",
                field_name=field_name,
            )
        rows = self._queryset().order_by().values(field_name).annotate(count=Count("pk")).order_by("-count")
        return OrderedDict((row[field_name], row["count"]) for row in rows)


def _descending(key: Any) -> Any:
    """Sort key for descending order of primary keys where these are numbers."""
    return -key if isinstance(key, int) else str(key)


class WhooshBackend(BaseSearchBackend):
    """Search backend in a folder, without a service: the folder is the parameter FOLDER, or the setting INDEX_ROOT."""

    query_compiler_class = WhooshQueryCompiler
    autocomplete_query_compiler_class = WhooshAutocompleteCompiler
    index_class = WhooshIndex
    results_class = WhooshResults
    rebuilder_class = WhooshRebuilder

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.folder = Path(params.get("FOLDER") or settings.INDEX_ROOT)

    def get_index_for_model(self, model: type[Model]) -> WhooshIndex:
        """Return the index of the model's root model."""
        return WhooshIndex(self, get_model_root(model))


SearchBackend = WhooshBackend
