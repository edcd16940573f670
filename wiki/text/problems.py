"""Mistakes in a source text, as values that are shown in the page.

A problem is not an exception: it is shown where it was found, so that the author can see and
correct it.  `PROBLEMS` holds the English sentence of every code (what is wrong and how to correct
it); higher layers translate the sentence and fill in the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wiki.errors import gettext_noop

PROBLEMS: Mapping[str, str] = {
    # Titles
    "title_empty": gettext_noop("A title is missing. Write at least one letter or digit."),
    "title_too_long": gettext_noop("The title “%(title)s…” has %(size)s bytes; %(limit)s are allowed. Shorten it."),
    "title_character": gettext_noop(
        "The title “%(title)s” holds “%(character)s”, which titles cannot hold. Leave it out."
    ),
    "title_control": gettext_noop("The title “%(title)s” holds an invisible control character. Type it again."),
    "title_dots": gettext_noop("The title “%(title)s” looks like a path (“.”, “..”, “./”, “../”). Choose another one."),
    "title_colon": gettext_noop("The title “%(title)s” begins with “:” or holds “::”. Remove the colons."),
    "title_above": gettext_noop("“%(title)s” leads above the first level of pages. Remove a “../”."),
    "title_only_namespace": gettext_noop("“%(title)s” names a namespace and no page. Add a title after the colon."),
    # Front matter
    "front_matter_odd": gettext_noop(
        "“%(found)s” states nothing: it is no line “Key: value”, and not indented below one. "
        "Correct it, or move it below the front matter."
    ),
    "front_matter_lines": gettext_noop(
        "The lines of “%(key)s” are taken as one text, since they are no list and no keys with values. "
        "Check their indentation, quotation marks and colons."
    ),
    "front_matter_more": gettext_noop("%(count)s more lines of the front matter cannot be read as they may be meant."),
    "front_matter_size": gettext_noop("The front matter is larger than %(limit)s bytes. Move long text below it."),
    "front_matter_depth": gettext_noop("The front matter is nested more than %(limit)s levels deep. Make it flatter."),
    "front_matter_forbidden": gettext_noop("“%(what)s” is not allowed in front matter. Write the value out in full."),
    "front_matter_key": gettext_noop("A key of the front matter is empty or not a simple word. Write “Key: value”."),
    # Text as a whole
    "too_long": gettext_noop("The text is larger than %(limit)s bytes, so only its source is shown. Divide it."),
    "nesting": gettext_noop(
        "Lists or quotes are nested more than %(limit)s deep, so only the source is shown. Flatten them."
    ),
    "too_slow": gettext_noop(
        "This text takes too long to lay out, so only its source is shown. Simplify or divide it."
    ),
    "not_laid_out": gettext_noop("This text could not be laid out, so only its source is shown. Please report it."),
    "facts_too_many": gettext_noop(
        "This text states more than %(limit)s facts; those after them are not kept. Divide the page."
    ),
    "facts_json": gettext_noop(
        "What follows “@json=” is no JSON object of values, so it states nothing. Close it before the “}}” of the call."
    ),
    # Links, pictures, calls
    "link_title": gettext_noop(
        "The link “%(source)s” leads nowhere: its title is empty, too long or holds a forbidden character."
    ),
    "annotation_property": gettext_noop("“%(source)s” names no property. Write [[Property::value]]."),
    "picture_html": gettext_noop("Pictures are not written in HTML. Write %(instead)s."),
    "picture_address": gettext_noop(
        "The picture “%(source)s” is neither an uploaded file nor a web address. Upload it first."
    ),
    "call_unknown": gettext_noop("“%(name)s” is not a call that this wiki knows. Correct its name or remove it."),
    "call_open": gettext_noop("“{{%(name)s” is not closed. Add “}}”."),
}


@dataclass(frozen=True)
class Problem:
    """One mistake in a text: a code of `PROBLEMS`, the parameters of its sentence, its line if known (from 1)."""

    code: str
    params: dict[str, str] = field(default_factory=dict)
    line: int | None = None

    def __str__(self) -> str:
        """Return the English sentence."""
        return english_message(self.code, self.params)


def english_message(code: str, params: Mapping[str, str]) -> str:
    """Return the English sentence of a problem; an unknown code is returned unchanged."""
    template = PROBLEMS.get(code)
    if template is None:
        return code
    return template % params
