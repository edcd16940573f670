"""What an archive says to people: README in French and English, and licences file by file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wiki.exchange.archive import format_spec
from wiki.exchange.archive.exported_page import ExportedPage
from wiki.exchange.archive.ro_crate import picture_credit
from wiki.licenses import catalogue
from wiki.licenses.attribution import attribution_line

GENERATED = ("README.md", format_spec.PAGE, format_spec.CREDITS, "style.css", "ro-crate-metadata.json")
"""Files that the wiki made: CC0, nobody's."""

_README = """\
# {title}

{credit_fr}

{credits_fr}

## Ce que contient cette archive

- `index.html` : la page telle qu'on la lit, sans réseau ; `page.md` : son texte source (Markdown)
- `media/` : les images, chacune sous sa propre licence ; `credits.json` : qui nommer pour quoi
- `history/revisions.jsonl` : l'historique complet, {count} version(s) ; {stream_fr}
- `LICENSES/` et `REUSE.toml` : les licences, fichier par fichier (REUSE 3.3)
- `ro-crate-metadata.json` : la même chose pour les machines (RO-Crate 1.3)

Pour rouvrir cette page dans un autre wiki Movilab : « Importer », ou `manage.py import_archive FICHIER.zip`.

---

{credit_en}

{credits_en}

## What is in this archive

- `index.html`: the page as people read it, without a network; `page.md`: its source text (Markdown)
- `media/`: the pictures, each under its own licence; `credits.json`: whom to name for what
- `history/revisions.jsonl`: the full history, {count} version(s); {stream_en}
- `LICENSES/` and `REUSE.toml`: the licences, file by file (REUSE 3.3)
- `ro-crate-metadata.json`: the same for machines (RO-Crate 1.3)

To open this page in another Movilab wiki: “Import”, or `manage.py import_archive FILE.zip`.

## For those who write their own reader

The folder above `data/` is a bag (BagIt 1.0, RFC 8493): `bagit.py --validate FOLDER` checks every file.

Each line of `history/revisions.jsonl` is one version, oldest first. Its text is either whole, in `text` (null:
the page was deleted), or made from the text of the line before, in Unicode code points:

    text = before[:line["keep_start"]] + line["insert"] + before[len(before) - line["keep_end"]:]

`sha256` is that of the text in UTF-8 (of no bytes for a deletion). `host`, `origin` and `author` say where, under
which number and by whom a version was first made; they stay the same through any number of hands.

`Content-Digest` in `bag-info.txt` is the sha256 of these lines of `manifest-sha256.txt`, sorted by path: `page.md`,
`credits.json`, `history/revisions.jsonl` and all of `media/`. Two archives with the same digest hold the same page.

    grep -E '  data/(page\\.md|credits\\.json|history/revisions\\.jsonl|media/.*)$' manifest-sha256.txt | sha256sum

Dates are UTC. Names of authors are as they were given, not verified.
"""
_STREAM = {
    True: (
        "`history.fast-import` : le même pour git (`git init p && cd p && git fast-import < …/history.fast-import`)",
        "`history.fast-import`: the same for git (`git init p && cd p && git fast-import < …/history.fast-import`)",
    ),
    False: (
        "trop long pour y joindre aussi un flux git, qui répéterait chaque texte en entier",
        "too long to add a git stream as well, which would repeat each text whole",
    ),
}


def readme(subject: ExportedPage, credits: Mapping[str, Any], with_stream: bool) -> str:
    """The content of `README.md`: credits in words, what there is, how to open it again."""
    stream_fr, stream_en = _STREAM[with_stream]
    return _README.format(
        title=_heading(subject.title),
        credit_fr=page_credit(credits, "fr").markdown,
        credit_en=page_credit(credits, "en").markdown,
        credits_fr=_more(credits, "fr", "Cette page vient de", "Images"),
        credits_en=_more(credits, "en", "This page comes from", "Pictures"),
        count=subject.last.number,
        stream_fr=stream_fr,
        stream_en=stream_en,
    )


def page_credit(credits: Mapping[str, Any], language: str) -> Any:
    """The credit of the page's text."""
    changes = "" if credits["derived_from"] else None
    return attribution_line(
        credits["title"], credits["authors"], credits["source"], credits["license"], changes, language=language
    )


def source_credit(entry: Mapping[str, Any], language: str) -> Any:
    """The credit of something that the page was made from."""
    return attribution_line(entry["title"], entry["authors"], entry["source"], entry["license"], language=language)


def _more(credits: Mapping[str, Any], language: str, before: str, pictures: str) -> str:
    """Credits of sources and pictures, one a line."""
    parts = []
    for label, lines in (
        (before, [source_credit(entry, language) for entry in credits["derived_from"]]),
        (pictures, [picture_credit(entry, language) for entry in credits["media"]]),
    ):
        if lines:
            colon = " :" if language == "fr" else ":"
            parts.append("\n".join([f"{label}{colon}\n", *(f"- {line.markdown}" for line in lines)]))
    return "\n\n".join(parts)


def _heading(title: str) -> str:
    """A title as a heading: what Markdown would read as markup is set apart."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#" else sign for sign in title)


def reuse_toml(subject: ExportedPage, credits: Mapping[str, Any], paths: Iterable[str]) -> str:
    """The content of `REUSE.toml` (REUSE 3.3) for the files `paths` of `data/`.

    `override`, since a page's text may speak about licence tags without meaning itself.
    """
    media = {entry["file"]: entry for entry in credits["media"]}
    history = " AND ".join(_bracketed(expression, len(subject.licenses)) for expression in subject.licenses)
    first, latest = subject.totals["first"].year, subject.totals["latest"].year
    years = str(first) if first == latest else f"{first}-{latest}"
    authors = [f"{years} {name}" for name in credits["authors"]] or ["NONE"]
    blocks = ["version = 1\n"]
    for path in sorted(paths):
        if path.startswith("LICENSES/"):
            continue
        if path in GENERATED:
            blocks.append(_annotation(path, ["NONE"], "CC0-1.0"))
        elif path in media:
            entry = media[path]
            blocks.append(_annotation(path, [entry["author"] or "NONE"], entry["license"]))
        elif path.startswith("history/"):
            blocks.append(_annotation(path, authors, history))
        else:
            blocks.append(_annotation(path, authors, subject.last.license))
    return "\n".join(blocks)


def _bracketed(expression: str, of: int) -> str:
    """An expression that can be joined to others."""
    return f"({expression})" if of > 1 and " " in expression else expression


def _annotation(path: str, holders: Sequence[str], license: str) -> str:
    """One table of REUSE.toml."""
    people = ", ".join(_toml(holder) for holder in holders)
    return (
        f"[[annotations]]\npath = {_toml(path)}\nprecedence = \"override\"\n"
        f"SPDX-FileCopyrightText = [{people}]\nSPDX-License-Identifier = {_toml(license)}\n"
    )  # fmt: skip


def _toml(value: str) -> str:
    """A basic string of TOML 1.0, on one line."""
    plain = "".join(sign if sign.isprintable() else " " for sign in value)
    return '"' + " ".join(plain.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def license_texts(ids: Iterable[str]) -> dict[str, str]:
    """Path and text of each licence that the archive names."""
    return {f"LICENSES/{license_id}.txt": catalogue.text_of(license_id) for license_id in ids}
