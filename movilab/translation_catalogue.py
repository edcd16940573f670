"""Compile, check and extend the French catalogue without gettext: `python -m movilab.translation_catalogue ACTION`."""

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
    """Write the binary catalogue that Django loads, where it is missing or older than its source."""
    if not CATALOGUE.exists():
        return
    binary = CATALOGUE.with_suffix(".mo")
    if not binary.exists() or binary.stat().st_mtime < CATALOGUE.stat().st_mtime:
        polib.pofile(str(CATALOGUE)).save_as_mofile(str(binary))


def used_messages() -> dict[tuple[str | None, str], Message]:
    """Every message the code and the templates ask for, by context and msgid."""
    found: dict[tuple[str | None, str], Message] = {}
    for source in SOURCES:
        for message in messages_of(BASE_DIR / source):
            kept = found.setdefault((message.context, message.msgid), message)
            if message.plural and not kept.plural:
                found[message.context, message.msgid] = message
    return found


def catalogue_entries() -> dict[tuple[str | None, str], polib.POEntry]:
    """What the catalogue holds, by context and msgid."""
    if not CATALOGUE.exists():
        return {}
    return {(e.msgctxt, e.msgid): e for e in polib.pofile(str(CATALOGUE)) if not e.obsolete}


def problems() -> list[str]:
    """One line for each message that the screen would show in English, or that nothing asks for any more."""
    asked, held = used_messages(), catalogue_entries()
    lines = [f"not in the catalogue: {m.msgid!r} ({m.place})" for key, m in asked.items() if key not in held]
    for key, entry in held.items():
        if key not in asked:
            lines.append(f"nothing asks for it: {entry.msgid!r}")
        elif not entry.translated() or entry.fuzzy:
            lines.append(f"untranslated or doubtful: {entry.msgid!r}")
        elif bool(asked[key].plural) != bool(entry.msgid_plural):
            lines.append(f"plural in one of code and catalogue only: {entry.msgid!r}")
        else:
            lines += _placeholder_problems(entry) + _typography_problems(entry)
    return lines


def _typography_problems(entry: polib.POEntry) -> list[str]:
    """French puts a space that never breaks before : ; ! ? and inside « » (narrow, but before the colon)."""
    texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
    if any(_BREAKING.search(text) for text in texts):
        return [f"a breaking space beside French punctuation: {entry.msgid!r}"]
    return []


def _placeholder_problems(entry: polib.POEntry) -> list[str]:
    names = set(_placeholders(entry.msgid)) | set(_placeholders(entry.msgid_plural))
    texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
    strange = {name for text in texts for name in _placeholders(text)} - names
    missing = set(_placeholders(entry.msgid)) - set(_placeholders(texts[-1]))
    if strange or missing:
        return [f"other placeholders in French: {entry.msgid!r} ({', '.join(sorted(strange | missing))})"]
    return []


def _placeholders(text: str) -> list[str]:
    return [part.split(")", 1)[0] for part in text.split("%(")[1:]]


def update_catalogue() -> None:
    """Add what is asked for and not held, with an empty translation; drop what nothing asks for."""
    asked = used_messages()
    catalogue = polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else _new_catalogue()
    held = {(e.msgctxt, e.msgid) for e in catalogue}
    for entry in list(catalogue):
        if (entry.msgctxt, entry.msgid) not in asked:
            catalogue.remove(entry)
    for key, message in asked.items():
        if key not in held:
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


def main(act: str) -> int:
    """Do `act`; 1 when the catalogue has gaps, 2 when `act` is none of the three."""
    if act == "compile":
        compile_catalogue()
    elif act == "add":
        update_catalogue()
    elif act == "check":
        lines = problems()
        print("\n".join(lines) or "The French catalogue is complete.")
        return min(len(lines), 1)
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
