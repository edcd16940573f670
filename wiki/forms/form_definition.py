"""The fields of a kind of page or a category, as a text of Markdown and as objects.

A page in the namespace Form has the list: a second-level heading for each section, a third-level heading with the name
of a property for each field (fourth level: a field within a group), and below each a list of `- word: value`. Words are
read in French and English. Other lines are notes for readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from wiki.text.titles import fold

FIELDS_LIMIT = 200
"""Fields of one form at most; the others are left out, with a problem."""
LANGUAGES = ("fr", "en")
_WORD = re.compile(r"(?P<word>[^()]{1,40})(?:\((?P<language>[a-z]{2})\))?")
WORD_LIMIT = 60
"""Characters before the colon of an item at most."""
_FENCE = re.compile(r"(```+|~~~+)[ \t]*(?P<info>[^`]*)")
_STARTER = re.compile(r"(?:starter|modèle|modele)(?:[ \t]*\(?(?P<language>[a-z]{2})\)?)?")

WORDS: Mapping[str, tuple[str, str]] = {
    "input": ("input", "saisie"),
    "label": ("label", "libellé"),
    "help": ("help", "aide"),
    "required": ("required", "obligatoire"),
    "several": ("several", "plusieurs"),
    "choices": ("choices", "choix"),
    "unit": ("unit", "unité"),
    "audience": ("for", "pour"),
    "name": ("name", "nom"),
    "plural": ("plural", "pluriel"),
    "icon": ("icon", "icône"),
    "colour": ("colour", "couleur"),
    "order": ("order", "ordre"),
}
"""What items of the lists say, with the English and the French word for it."""
_MEANINGS = {fold(word): meaning for meaning, words in WORDS.items() for word in words} | {"color": "colour"}
TRUE_WORDS = frozenset({"yes", "oui", "true", "vrai", "1"})
STEWARDS = "stewards"
_AUDIENCES = {"stewards": STEWARDS, "concierges": STEWARDS, "concierge": STEWARDS, "steward": STEWARDS}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: a property, how it is entered, and what readers of each language see."""

    property: str
    """Its name; for the input of steps, a heading of the text."""
    input: str = "text"
    """Id of an input (`wiki.forms.field_inputs`), or a word that is none."""
    labels: Mapping[str, str] = field(default_factory=dict)
    helps: Mapping[str, str] = field(default_factory=dict)
    is_required: bool = False
    is_repeated: bool = False
    """Whether it may have several values."""
    choices: tuple[str, ...] = ()
    choice_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By language, what is shown in place of each of the choices."""
    unit: str = ""
    audience: str = ""
    """Who fills the field in: "" for everyone, or STEWARDS."""
    fields: tuple[FormField, ...] = ()
    """The fields of a group."""
    notes: str = ""
    """Lines below it that say nothing of the field."""

    def label(self, language: str) -> str:
        """Return what the field is called; the name of the property where no label is given."""
        return self.labels.get(language) or self.property

    def help(self, language: str) -> str:
        """Return what is said below the field; "" for nothing."""
        return self.helps.get(language, "")

    def label_of_choice(self, choice: str, language: str) -> str:
        """Return what is shown for one of the choices."""
        labels = self.choice_labels.get(language, ())
        number = self.choices.index(choice) if choice in self.choices else -1
        return labels[number] if 0 <= number < len(labels) and labels[number] else choice


@dataclass(frozen=True, slots=True)
class FormSection:
    """Fields that stand together under a title."""

    name: str
    fields: tuple[FormField, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    """Lines below it that say nothing of the section."""

    def label(self, language: str) -> str:
        """Return the title of the section in a language."""
        return self.labels.get(language) or self.name


@dataclass(frozen=True, slots=True)
class KindTerms:
    """What a form page says of its kind: names in each language, icon, colour and order; none for a category."""

    names: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, str] = field(default_factory=dict)
    icon: str = ""
    colour: str = ""
    order: int | None = None


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """The fields of a kind or a category, in sections."""

    sections: tuple[FormSection, ...] = ()
    terms: KindTerms = field(default_factory=KindTerms)
    starters: Mapping[str, str] = field(default_factory=dict)
    """The text that a new page begins with, by language; "" for every other language."""
    notes: str = ""
    """Lines before the first section that say nothing of the kind."""
    unknown: tuple[str, ...] = ()
    """Words that nothing is known of, as written: inputs, and what items say."""
    is_cut: bool = False
    """Whether fields above FIELDS_LIMIT were left out."""

    @property
    def fields(self) -> Iterator[FormField]:
        """All fields in order, without those within groups."""
        return (one for section in self.sections for one in section.fields)

    def starter(self, language: str) -> str:
        """Return the text that a new page begins with."""
        return self.starters.get(language) or self.starters.get("", "")


class _Reader:
    """Reads a form page line by line."""

    def __init__(self) -> None:
        self.sections: list[FormSection] = []
        self.fields: list[FormField] = []
        self.terms = KindTerms()
        self.starters: dict[str, str] = {}
        self.unknown: list[str] = []
        self.notes: list[str] = []
        self.first_notes = ""
        self.count = 0
        self.level = 0
        """The level of the heading that the next lines belong to; 0 before the first one."""

    def heading(self, level: int, name: str) -> None:
        """Begin a section, a field, or a field of a group."""
        self.end_notes()
        if level == 2 or not self.sections:
            self.end_section()
            self.sections.append(FormSection(name if level == 2 else ""))
        if level > 2:
            self.count += 1
            if self.count > FIELDS_LIMIT:
                self.level = -1
                return
        if level == 3 or (level == 4 and not self.fields):
            self.fields.append(FormField(name))
        elif level == 4:
            group = self.fields[-1]
            self.fields[-1] = replace(group, fields=(*group.fields, FormField(name)))
        self.level = level if level != 4 or self.fields[-1].fields else 3

    def end_notes(self) -> None:
        """Put the other lines that were read to what they stand below."""
        notes, self.notes = "\n".join(self.notes).strip("\n"), []
        if self.level == 0:
            self.first_notes = notes
        if not notes or self.level < 1:
            return
        if self.level == 2:
            self.sections[-1] = replace(self.sections[-1], notes=notes)
        elif self.level == 3:
            self.fields[-1] = replace(self.fields[-1], notes=notes)
        else:
            group = self.fields[-1]
            self.fields[-1] = replace(group, fields=(*group.fields[:-1], replace(group.fields[-1], notes=notes)))

    def end_section(self) -> None:
        """Put the fields that were read into the last section."""
        if self.sections:
            self.sections[-1] = replace(self.sections[-1], fields=tuple(self.fields))
        self.fields = []

    def definition(self) -> FormDefinition:
        """Return the form after the last line."""
        self.end_notes()
        self.end_section()
        return FormDefinition(
            tuple(self.sections), self.terms, self.starters, self.first_notes,
            tuple(dict.fromkeys(self.unknown)), self.count > FIELDS_LIMIT,
        )  # fmt: skip

    def item(self, written: str, language: str, value: str) -> None:
        """Read `- word (language): value` below the last heading."""
        meaning = _MEANINGS.get(fold(written.strip()))
        if meaning is None or self.level < 0:
            self.unknown += [written.strip()] if self.level > 0 else []
            self.notes.append(f"- {written}{f' ({language})' if language else ''}: {value}")
        elif self.level == 0:
            self.terms = _with_term(self.terms, meaning, language, value)
        elif self.level == 2:
            if meaning == "label":
                last = self.sections[-1]
                self.sections[-1] = replace(last, labels={**last.labels, language: value})
        elif self.level == 3:
            self.fields[-1] = _with_item(self.fields[-1], meaning, language, value)
        else:
            group = self.fields[-1]
            last_field = _with_item(group.fields[-1], meaning, language, value)
            self.fields[-1] = replace(group, fields=(*group.fields[:-1], last_field))


def _with_term(terms: KindTerms, meaning: str, language: str, value: str) -> KindTerms:
    if meaning == "name":
        return replace(terms, names={**terms.names, language: value[:80]})
    if meaning == "plural":
        return replace(terms, plurals={**terms.plurals, language: value[:80]})
    if meaning == "icon":
        return replace(terms, icon=value[:20])
    if meaning == "colour":
        return replace(terms, colour=value[:20])
    if meaning == "order" and value.isdecimal() and len(value) < 5:
        return replace(terms, order=int(value))
    return terms


def _with_item(one: FormField, meaning: str, language: str, value: str) -> FormField:
    """Return a field with what one item says of it."""
    if meaning == "label":
        return replace(one, labels={**one.labels, language: value})
    if meaning == "help":
        return replace(one, helps={**one.helps, language: value})
    if meaning == "choices":
        choices = tuple(part.strip() for part in value.split("|")) if value else ()
        if language:
            return replace(one, choice_labels={**one.choice_labels, language: choices})
        return replace(one, choices=tuple(dict.fromkeys(filter(None, choices))))
    if meaning == "required":
        return replace(one, is_required=fold(value) in TRUE_WORDS)
    if meaning == "several":
        return replace(one, is_repeated=fold(value) in TRUE_WORDS)
    if meaning == "audience":
        return replace(one, audience=_AUDIENCES.get(fold(value), ""))
    if meaning == "unit":
        return replace(one, unit=value)
    return replace(one, input=value) if meaning == "input" else one


def parse_definition(text: str) -> FormDefinition:
    """Return the form that a text of Markdown describes. Never raises; time is proportional to the text."""
    reader = _Reader()
    lines = iter(text.split("\n"))
    for line in lines:
        line = line.rstrip("\r")
        if fence := _FENCE.match(line):
            code = "\n".join(_code_lines(lines, fence[1]))
            if starter := _STARTER.fullmatch(fence["info"].strip()):
                reader.starters[starter["language"] or ""] = f"{code}\n" if code else ""
            else:
                reader.notes += [line, code, fence[1]]
        elif (heading := _read_heading(line)) is not None:
            reader.heading(*heading)
        elif (item := _read_item(line)) is not None:
            reader.item(*item)
        else:
            reader.notes.append(line)
    return reader.definition()


def _read_heading(line: str) -> tuple[int, str] | None:
    """Return the level and the text of a heading of level 2 to 4. By hand: a pattern takes quadratic time."""
    level = len(line) - len(line.lstrip("#"))
    if not 2 <= level <= 4 or line[level : level + 1] not in (" ", "\t"):
        return None
    text = line[level:].strip()
    bare = text.rstrip("#")
    return level, " ".join((bare if bare != bare.rstrip() or not bare else text).split())


def _read_item(line: str) -> tuple[str, str, str] | None:
    """Return word, language and value of `- word (language): value`."""
    head, colon, value = line[1:].partition(":")
    if line[:1] not in ("-", "*", "+") or head[:1] not in (" ", "\t") or not colon or len(head.strip()) > WORD_LIMIT:
        return None
    found = _WORD.fullmatch(head.replace("\u00a0", " ").strip())
    return (found["word"].strip(), found["language"] or "", value.strip()) if found else None


def _code_lines(lines: Iterator[str], fence: str) -> Iterator[str]:
    """Yield the lines of a code block up to its closing fence."""
    for line in lines:
        if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            return
        yield line.rstrip("\r")


def write_definition(definition: FormDefinition, language: str) -> str:
    """Return the text of a form page; `parse_definition` gives the definition back."""
    word = {meaning: names[1 if language == "fr" else 0] for meaning, names in WORDS.items()}
    parts = ["\n".join(_term_lines(definition.terms, word)), definition.notes]
    for section in definition.sections:
        parts += ["\n".join([f"## {section.name}", *_by_language(word["label"], section.labels)]), section.notes]
        parts += [text for one in section.fields for text in _field_parts(one, word, 3)]
    for code, starter in definition.starters.items():
        fence = "~~~~" if "```" in starter else "```"
        parts.append(f"{fence}starter{f' {code}' if code else ''}\n{starter}{fence}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _term_lines(terms: KindTerms, word: Mapping[str, str]) -> Iterator[str]:
    yield from _by_language(word["name"], terms.names)
    yield from _by_language(word["plural"], terms.plurals)
    if terms.icon:
        yield f"- {word['icon']}: {terms.icon}"
    if terms.colour:
        yield f"- {word['colour']}: {terms.colour}"
    if terms.order is not None:
        yield f"- {word['order']}: {terms.order}"


def _by_language(word: str, texts: Mapping[str, str]) -> Iterator[str]:
    return (f"- {word}{f' ({code})' if code else ''}: {text}" for code, text in texts.items() if text)


def _field_parts(one: FormField, word: Mapping[str, str], level: int) -> Iterator[str]:
    """Yield the text of a field, and of the fields within it."""
    yes = "oui" if word["required"] == "obligatoire" else "yes"
    lines = [f"{'#' * level} {one.property}", f"- {word['input']}: {one.input}"]
    lines += _by_language(word["label"], one.labels)
    lines += _by_language(word["help"], one.helps)
    lines += [f"- {word['required']}: {yes}"] if one.is_required else []
    lines += [f"- {word['several']}: {yes}"] if one.is_repeated else []
    lines += [f"- {word['choices']}: {' | '.join(one.choices)}"] if one.choices else []
    lines += _by_language(word["choices"], {code: " | ".join(labels) for code, labels in one.choice_labels.items()})
    lines += [f"- {word['unit']}: {one.unit}"] if one.unit else []
    lines += [f"- {word['audience']}: {one.audience}"] if one.audience else []
    yield "\n".join(lines)
    yield one.notes
    for inner in one.fields:
        yield from _field_parts(inner, word, level + 1)
