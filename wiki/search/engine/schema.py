"""The Whoosh schema of an indexed model, and the conversion of texts to postings.

Each searched field is two Whoosh fields: `name` with the exact words and their positions, and `name~` with the stems. A
posting contains the weight of the word in the field, computed at indexing time, so that a search only adds numbers. The
weight is BM25's term frequency part (Robertson and Zaragoza, «The Probabilistic Relevance Framework», 2009, with their
usual k₁ = 1.2 and b = 0.75), relative to a fixed usual length of the field instead of the average of the collection.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelsearch.index import AutocompleteField, RelatedFields, SearchField
from modelsearch.utils import get_descendant_models
from whoosh import columns, fields, formats

from wiki.text.tokenizer import ALL_STOP_WORDS, LANGUAGES, STOP_WORDS, Word, iter_words, stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import Model

FORMAT_VERSION = 3
"""Version of the conversion to postings; increase it with each change, so that existing indexes are rebuilt."""
KEY, MODELS = "key-", "models-"
"""Names of the Whoosh fields of the primary key, and of the models that the object is an instance of."""
AUTOCOMPLETE_PREFIX = "begins-"
"""Prefix of the names of Whoosh fields for autocompletion."""
STEM = "~"
K1, B = 1.2, 0.75
USUAL_LENGTH = 40
POSITION_LIMIT = 65_536
"""Positions are stored modulo this number, in two bytes."""

Posting = tuple[bytes, int, float, bytes]


class PositionPostings(formats.Format):
    """Posting format with the positions of a word in a field, two bytes each."""

    def decode_frequency(self, value: bytes) -> int:
        """Return how often the word occurs in the field."""
        return len(value) // 2

    def decode_weight(self, value: bytes) -> float:
        """Return the frequency as Whoosh's weight; the search uses the weight of the posting instead."""
        return float(len(value) // 2)

    def decode_positions(self, value: bytes) -> list[int]:
        """Return the positions, in ascending order."""
        return array("H", value).tolist()

    def combine(self, values: Iterable[bytes]) -> bytes:
        """Merge the positions of several postings of a word."""
        return b"".join(values)


class _Prepared(fields.FieldType):
    """A Whoosh field whose postings are computed before the document is written."""

    scorable = False
    indexed = True
    stored = unique = False
    vector = None
    analyzer = None
    column_type: columns.Column | None = None

    def __init__(self, form: formats.Format) -> None:
        self.format = form

    def index(self, value: list[Posting], **_: Any) -> Iterator[Posting]:
        """Return the given postings."""
        return iter(value)


class WordPostings(_Prepared):
    """Field of exact words with their positions."""

    def __init__(self) -> None:
        super().__init__(PositionPostings())


class TermPostings(_Prepared):
    """Field of words, stems or labels without positions."""

    def __init__(self) -> None:
        super().__init__(formats.Existence())


class KeyColumn(columns.NumericColumn):
    """A column of whole numbers that is read in one piece."""

    class Reader(columns.NumericColumn.Reader):
        """Reads the column of one segment."""

        def load(self) -> array[int]:
            """Return the numbers of all documents; Whoosh's own method unpacks one after the other."""
            values: array[int] = self._dbfile.get_array(self._basepos, "q", self._count)
            values.extend([self._default] * (self._doccount - self._count))
            return values

    def __init__(self) -> None:
        super().__init__("q")


class KeyField(_Prepared):
    """Field of the primary key: a term, for deletion, and a column, for reading."""

    unique = True

    def __init__(self, *, numeric: bool) -> None:
        super().__init__(formats.Existence())
        self.numeric = numeric
        self.column_type = KeyColumn() if numeric else columns.VarBytesColumn()

    def index(self, value: Any, **_: Any) -> Iterator[Posting]:
        """Return the key as a single term."""
        yield str(value).encode(), 1, 1.0, b""

    def to_column_value(self, value: Any) -> Any:
        """Convert a key to a number, or to the bytes of its text where keys are not numbers."""
        return int(value) if self.numeric else str(value).encode()

    def from_column_value(self, value: Any) -> Any:
        """Convert a column value to a key, or to its text where keys are not numbers."""
        return value if self.numeric else bytes(value).decode()


def is_numeric(model: type[Model]) -> bool:
    """Return whether the primary keys of `model` are integers."""
    from django.db.models import AutoField, IntegerField
    from django.db.models.fields.related import RelatedField

    key: Any = model._meta.pk
    while isinstance(key, RelatedField):
        key = key.target_field
    return isinstance(key, (AutoField, IntegerField))


def label(model: type[Model]) -> str:
    """Return the name of a model in the index."""
    return str(model._meta.label_lower)


def indexed_models(model: type[Model]) -> list[type[Model]]:
    """Return the indexed models among `model` and its descendants, sorted by label."""
    models = [descendant for descendant in get_descendant_models(model) if getattr(descendant, "search_fields", None)]
    return sorted(models, key=label)


def search_fields_of(model: type[Model]) -> dict[str, SearchField]:
    """Return the search fields of a model by name; those of related objects by path, as `authors__name`."""
    return dict(_leaves(model.get_search_fields(), SearchField))  # type: ignore[attr-defined]


def autocomplete_fields_of(model: type[Model]) -> dict[str, AutocompleteField]:
    """Return the autocompletion fields of a model by name; those of related objects by path."""
    return dict(_leaves(model.get_search_fields(), AutocompleteField))  # type: ignore[attr-defined]


def _leaves(fields_or_relations: Sequence[Any], field_class: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in fields_or_relations:
        if isinstance(field, field_class):
            yield prefix + field.field_name, field
        elif isinstance(field, RelatedFields):
            yield from _leaves(field.fields, field_class, f"{prefix}{field.field_name}__")


def schema_of(model: type[Model]) -> fields.Schema:
    """Return the Whoosh schema of the index of `model` and its descendants."""
    whoosh_fields: dict[str, Any] = {KEY: KeyField(numeric=is_numeric(model)), MODELS: TermPostings()}
    for descendant in indexed_models(model):
        for name in search_fields_of(descendant):
            whoosh_fields[name], whoosh_fields[name + STEM] = WordPostings(), TermPostings()
        for name in autocomplete_fields_of(descendant):
            whoosh_fields[AUTOCOMPLETE_PREFIX + name] = TermPostings()
    return fields.Schema(**whoosh_fields)


def signature(model: type[Model]) -> str:
    """Return a digest of fields and FORMAT_VERSION; an index with another signature must be rebuilt."""
    names = sorted(schema_of(model).names())
    return hashlib.sha256(repr((FORMAT_VERSION, label(model), names)).encode()).hexdigest()[:16]


def languages_of(obj: Any) -> list[str]:
    """Return the languages for stemming the texts of an object: its `language`, or all if it has none."""
    language = getattr(obj, "language", None)
    return [language] if language in LANGUAGES else list(LANGUAGES)


def make_postings(text: str, languages: Sequence[str], usual_length: float) -> tuple[list[Posting], list[Posting]]:
    """Return the postings of the words of a text, and those of their stems."""
    words = list(iter_words(text))
    length = 1 - B + B * len(words) / usual_length
    positions: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for word in words:
        positions.setdefault(word.folded, []).append(word.position % POSITION_LIMIT)
        for stem in _stems(word, languages):
            counts[stem] = counts.get(stem, 0) + 1
    exact = [
        (word.encode(), len(word_positions), _weight(len(word_positions), length), array("H", word_positions).tobytes())
        for word, word_positions in positions.items()
    ]
    return exact, [(stem.encode(), 1, _weight(count, length), b"") for stem, count in counts.items()]


def _stems(word: Word, languages: Sequence[str]) -> set[str]:
    """Return the stems of a word in the languages of which it is not a stop word."""
    return {
        stem
        for language in languages
        if word.folded not in STOP_WORDS[language]
        for stem in stems(word.lowercase, language)
    }


def query_stems(word: Word) -> set[str]:
    """Return the stems to search for a word of a query: those of all languages."""
    return _stems(word, list(LANGUAGES))


def is_common(word: Word) -> bool:
    """Return whether a word is a stop word in any language."""
    return word.folded in ALL_STOP_WORDS


def make_autocomplete_postings(text: str) -> list[Posting]:
    """Return the postings of the words of a text for autocompletion; queries search them by prefix."""
    return [(word.encode(), 1, 1.0, b"") for word in {one.folded for one in iter_words(text)}]


def _weight(count: int, length: float) -> float:
    """Return BM25's term frequency part, between 0 and k₁ + 1."""
    return count * (K1 + 1) / (count + K1 * length)
