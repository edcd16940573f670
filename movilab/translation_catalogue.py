"""Compile, check and update the French catalogue without gettext: `python -m movilab.translation_catalogue ACTION`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import polib

from movilab.message_extraction import Message, messages_of

BASE_DIR = Path(__file__).resolve().parent.parent
CATALOGUE = BASE_DIR / "wiki/locale/fr/LC_MESSAGES/django.po"
_BREAKING = re.compile(r" (?:[;»]|[!?](?![\[\w]))|« |(?<=\w) :(?=\s|$)")
SOURCES = ("movilab", "wiki", "templates")


def compile_catalogue() -> None:
    """Write the binary catalogue that Django loads, if it is missing or older than its source."""
    if not CATALOGUE.exists():
        return
    binary = CATALOGUE.with_suffix(".mo")
    if not binary.exists() or binary.stat().st_mtime < CATALOGUE.stat().st_mtime:
        polib.pofile(str(CATALOGUE)).save_as_mofile(str(binary))


def used_messages() -> dict[tuple[str | None, str], Message]:
    """Return every message of the code and the templates, by context and msgid."""
    found: dict[tuple[str | None, str], Message] = {}
    for source in SOURCES:
        for message in messages_of(BASE_DIR / source):
            known = found.setdefault((message.context, message.msgid), message)
            if message.plural and not known.plural:
                found[message.context, message.msgid] = message
    return found


def catalogue_entries() -> dict[tuple[str | None, str], polib.POEntry]:
    """Return the entries of the catalogue, by context and msgid."""
    if not CATALOGUE.exists():
        return {}
    return {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete}


def problems() -> list[str]:
    """Return a line for each message without a translation, each unused entry, and each mistake in an entry."""
    used, existing = used_messages(), catalogue_entries()
    lines = [f"not in the catalogue: {m.msgid!r} ({m.place})" for key, m in used.items() if key not in existing]
    for key, entry in existing.items():
        if key not in used:
            lines.append(f"nothing asks for it: {entry.msgid!r}")
        elif not entry.translated() or entry.fuzzy:
            lines.append(f"untranslated or doubtful: {entry.msgid!r}")
        elif bool(used[key].plural) != bool(entry.msgid_plural):
            lines.append(f"plural in one of code and catalogue only: {entry.msgid!r}")
        else:
            lines += _placeholder_problems(entry) + _typography_problems(entry)
    return lines


def _typography_problems(entry: polib.POEntry) -> list[str]:
    """Check that French has no-break spaces before : ; ! ? and inside « » (narrow ones, except before the colon)."""
    texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
    if any(_BREAKING.search(text) for text in texts):
        return [f"a breaking space beside French punctuation: {entry.msgid!r}"]
    return []


def _placeholder_problems(entry: polib.POEntry) -> list[str]:
    names = set(_placeholders(entry.msgid)) | set(_placeholders(entry.msgid_plural))
    texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
    unknown = {name for text in texts for name in _placeholders(text)} - names
    missing = set(_placeholders(entry.msgid)) - set(_placeholders(texts[-1]))
    if unknown or missing:
        return [f"other placeholders in French: {entry.msgid!r} ({', '.join(sorted(unknown | missing))})"]
    return []


def _placeholders(text: str) -> list[str]:
    return [part.split(")", 1)[0] for part in text.split("%(")[1:]]


def update_catalogue() -> None:
    """Add missing messages with an empty translation, and remove unused entries."""
    used = used_messages()
    catalogue = polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else _new_catalogue()
    existing = {(entry.msgctxt, entry.msgid) for entry in catalogue}
    for entry in list(catalogue):
        if (entry.msgctxt, entry.msgid) not in used:
            catalogue.remove(entry)
    for key, message in used.items():
        if key not in existing:
            catalogue.append(_entry(message))
    catalogue.sort(key=lambda entry: (entry.msgid.casefold(), entry.msgid, entry.msgctxt or ""))
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))


def _entry(message: Message) -> polib.POEntry:
    plurals = {"msgid_plural": message.plural, "msgstr_plural": {0: "", 1: ""}} if message.plural else {}
    flags = ["python-format"] if "%(" in message.msgid else []
    return polib.POEntry(msgid=message.msgid, msgctxt=message.context, flags=flags, **plurals)


def _new_catalogue() -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.metadata = {
        "Language": "fr",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n > 1);",
    }
    return catalogue


def main(action: str) -> int:
    """Run `action`; return 1 if the catalogue has problems, 2 for an unknown action."""
    if action == "compile":
        compile_catalogue()
    elif action == "add":
        update_catalogue()
    elif action == "check":
        lines = problems()
        print("\n".join(lines) or "The French catalogue is complete.")
        return min(len(lines), 1)
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
