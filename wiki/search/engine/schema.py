"""What a Whoosh index holds of a model: its fields, and how words become postings.

Each searched field is two Whoosh fields: `name` with the exact words and their places, `name~` with the stems. A
posting carries the weight of the word in the field, worked out when it is written, so that a search adds numbers and
looks up nothing: BM25's term frequency part (Robertson and Zaragoza, «The Probabilistic Relevance Framework», 2009,
with their usual k₁ = 1.2 and b = 0.75), against a fixed usual length of the field instead of the collection's average.
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

FORMAT_VERSION = 1
"""Raised when words are written differently: indexes of another form are built anew."""
KEY, MODELS = "key-", "models-"
"""The fields of the object's primary key, and of the models that it is an instance of."""
AUTOCOMPLETE_PREFIX = "begins-"
"""What stands before the name of a field for autocompletion."""
STEM = "~"
K1, B = 1.2, 0.75
USUAL_LENGTH = 40
POSITION_LIMIT = 65_536
"""Places are kept modulo this."""

Posting = tuple[bytes, int, float, bytes]


class PositionPostings(formats.Format):
    """The places of a word in a field, two bytes each."""

    def decode_frequency(self, value: bytes) -> int:
        """How often the word stands in the field."""
        return len(value) // 2

    def decode_weight(self, value: bytes) -> float:
        """Whoosh's own idea of a weight; ours is in the posting."""
        return float(len(value) // 2)

    def decode_positions(self, value: bytes) -> list[int]:
        """The places, ascending."""
        return array("H", value).tolist()

    def combine(self, values: Iterable[bytes]) -> bytes:
        """Several postings of one word as one."""
        return b"".join(values)


class _Prepared(fields.FieldType):
    """A field whose postings are made before it is written."""

    scorable = False
    indexed = True
    stored = unique = False
    vector = None
    analyzer = None
    column_type = None

    def __init__(self, form: formats.Format) -> None:
        self.format = form

    def index(self, value: list[Posting], **_: Any) -> Iterator[Posting]:
        """The postings, as they were made."""
        return iter(value)


class WordPostings(_Prepared):
    """Exact words with their places."""

    def __init__(self) -> None:
        super().__init__(PositionPostings())


class TermPostings(_Prepared):
    """Words or stems without places."""

    def __init__(self) -> None:
        super().__init__(formats.Existence())


class KeyField(_Prepared):
    """The primary key: a term to delete by, and a column to read."""

    unique = True

    def __init__(self, *, numeric: bool) -> None:
        super().__init__(formats.Existence())
        self.numeric = numeric
        self.column_type = columns.NumericColumn("q") if numeric else columns.VarBytesColumn()

    def index(self, value: Any, **_: Any) -> Iterator[Posting]:
        """The key as one term."""
        yield str(value).encode(), 1, 1.0, b""

    def to_column_value(self, value: Any) -> Any:
        """A number, or the bytes of anything else's text."""
        return int(value) if self.numeric else str(value).encode()

    def from_column_value(self, value: Any) -> Any:
        """The other way."""
        return value if self.numeric else bytes(value).decode()


def is_numeric(model: type[Model]) -> bool:
    """Whether objects of `model` are counted: their keys are numbers."""
    from django.db.models import AutoField, IntegerField
    from django.db.models.fields.related import RelatedField

    key: Any = model._meta.pk
    while isinstance(key, RelatedField):
        key = key.target_field
    return isinstance(key, (AutoField, IntegerField))


def label(model: type[Model]) -> str:
    """The name of a model in the index."""
    return str(model._meta.label_lower)


def indexed_models(model: type[Model]) -> list[type[Model]]:
    """A model and those that inherit from it, in a fixed order, that are searched."""
    found = [one for one in get_descendant_models(model) if getattr(one, "search_fields", None)]
    return sorted(found, key=label)


def search_fields_of(model: type[Model]) -> dict[str, SearchField]:
    """The searched fields of a model by their names; those of related objects by their way, `authors__name`."""
    return dict(_leaves(model.get_search_fields(), SearchField))  # type: ignore[attr-defined]


def autocomplete_fields_of(model: type[Model]) -> dict[str, AutocompleteField]:
    """The fields that autocompletion looks in, named in the same manner."""
    return dict(_leaves(model.get_search_fields(), AutocompleteField))  # type: ignore[attr-defined]


def _leaves(some: Sequence[Any], wanted: Any, way: str = "") -> Iterator[tuple[str, Any]]:
    for one in some:
        if isinstance(one, wanted):
            yield way + one.field_name, one
        elif isinstance(one, RelatedFields):
            yield from _leaves(one.fields, wanted, f"{way}{one.field_name}__")


def schema_of(model: type[Model]) -> fields.Schema:
    """The schema of the index that holds `model` and all that inherits from it."""
    found: dict[str, Any] = {KEY: KeyField(numeric=is_numeric(model)), MODELS: TermPostings()}
    for one in indexed_models(model):
        for name in search_fields_of(one):
            found[name], found[name + STEM] = WordPostings(), TermPostings()
        for name in autocomplete_fields_of(one):
            found[AUTOCOMPLETE_PREFIX + name] = TermPostings()
    return fields.Schema(**found)


def signature(model: type[Model]) -> str:
    """Changes with whatever makes an index that was built before useless: fields, and the form of words."""
    names = sorted(schema_of(model).names())
    return hashlib.sha256(repr((FORMAT_VERSION, label(model), names)).encode()).hexdigest()[:16]


def languages_of(obj: Any) -> list[str]:
    """The languages in which an object's words are stemmed: its own, or all when it does not say."""
    said = getattr(obj, "language", None)
    return [said] if said in LANGUAGES else list(LANGUAGES)


def make_postings(text: str, languages: Sequence[str], usual_length: float) -> tuple[list[Posting], list[Posting]]:
    """The postings of a field's words, and of their stems."""
    found = list(iter_words(text))
    length = 1 - B + B * len(found) / usual_length
    places: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for word in found:
        places.setdefault(word.folded, []).append(word.position % POSITION_LIMIT)
        for stem in _stems(word, languages):
            counts[stem] = counts.get(stem, 0) + 1
    exact = [
        (word.encode(), len(where), _weight(len(where), length), array("H", where).tobytes())
        for word, where in places.items()
    ]
    return exact, [(stem.encode(), 1, _weight(count, length), b"") for stem, count in counts.items()]


def _stems(word: Word, languages: Sequence[str]) -> set[str]:
    """The stems of a word in some languages, where it is not too common in them."""
    return {stem for one in languages if word.folded not in STOP_WORDS[one] for stem in stems(word.lowercase, one)}


def query_stems(word: Word) -> set[str]:
    """The stems by which a reader's word is looked for: of every language."""
    return _stems(word, list(LANGUAGES))


def is_common(word: Word) -> bool:
    """Whether a word is too common, in some language, to be asked for beside others."""
    return word.folded in ALL_STOP_WORDS


def make_autocomplete_postings(text: str) -> list[Posting]:
    """The postings of a field for autocompletion: its words, whole; queries ask for their beginnings."""
    return [(word.encode(), 1, 1.0, b"") for word in {one.folded for one in iter_words(text)}]


def _weight(count: int, length: float) -> float:
    """BM25's term frequency part; more than 0 and less than k₁ + 1."""
    return count * (K1 + 1) / (count + K1 * length)
