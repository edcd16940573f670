"""Pages of places from the data set: title, front matter and a few lines of text in French."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wiki.exchange.importers.places_csv import PlaceRow
from wiki.geography.communes import department_of_code
from wiki.text import titles
from wiki.text.frontmatter.frontmatter_writer import with_front_matter

NAME_LIMIT = 150
SUFFIX_LIMIT = 60
"""Maximum bytes of a name and of its disambiguating suffix; the rest is left for titles of pages in the place."""

DATA_SET = "Tiers lieux 2019"
NOTICE = (
    f"*Cette fiche vient du recensement « {DATA_SET} » du Commissariat général à l’égalité des territoires (CGET). "
    "Vous connaissez ce lieu ? Complétez-la, corrigez-la.*"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]])")


def suffixes(row: PlaceRow) -> list[str]:
    """Return suffixes that distinguish the name from equal ones, shortest first; the first is empty."""
    options = [""]
    if row.town:
        options.append(f" ({row.town})")
        if row.street:
            options.append(f" ({row.town}, {row.street})")
        options.append(f" ({row.town}, {row.id})")
    else:
        options.append(f" ({row.id})")
    return options


def title_of(name: str, suffix: str) -> str:
    """Return the title of a place: invalid characters replaced by lookalikes, long names truncated.

    Raises TitleProblem when the result is no valid title («..»).
    """
    ending = suffix if len(suffix.encode()) <= SUFFIX_LIMIT else f"{_truncate(suffix[:-1], SUFFIX_LIMIT)})"
    return titles.clean_title(titles.replace_forbidden_characters(_truncate(name, NAME_LIMIT) + ending, colon=True))


def _truncate(text: str, limit: int) -> str:
    """Return `text`, truncated with «…» to `limit` bytes."""
    if len(text.encode()) <= limit:
        return text
    return text.encode()[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"


def first_unshared_suffix(row: PlaceRow, namesakes: Sequence[PlaceRow]) -> int:
    """Return the index in `suffixes(row)` of the shortest suffix that no namesake shares.

    `namesakes` are all rows of the same name, including `row`.
    """
    own_suffixes = suffixes(row)
    for level, suffix in enumerate(own_suffixes):
        others = [suffixes(other) for other in namesakes if other.id != row.id]
        if not any(titles.fold(suffix) in map(titles.fold, other) for other in others):
            return level
    return len(own_suffixes) - 1


def shown_title(row: PlaceRow, title: str) -> str:
    """Return the display title (name and suffix) when `title` differs from it; else "".

    Returns "" also for a page whose title is of an earlier name of the place.
    """
    try:
        expected = title_of(row.name, "")
    except titles.TitleProblem:
        return row.name
    if not title.startswith(expected):
        return ""
    shown = row.name + title[len(expected) :]
    return "" if shown == title else shown


def text_of(row: PlaceRow, title: str = "") -> str:
    """Return the text of the page called `title`; without a title, the text without a display title."""
    facts = {
        "Nature": "Lieu",
        "Titre affiché": shown_title(row, title) if title else "",
        "Nom": row.name,
        "Adresse": row.street,
        "Code postal": row.postal_code,
        "Ville": row.town,
        "Code INSEE": row.town_code,
        "Département": department_of_code(row.town_code),
        "Région": row.region,
        "Zone d'emploi": row.job_area,
        "Coordonnées": f"{row.latitude}, {row.longitude}" if row.latitude else "",
        "Type de lieu": _type(row.type),
        "Site": row.website,
        "Twitter": row.twitter,
        "Facebook": row.facebook,
        "Source": f"CGET, {DATA_SET}",
        "Identifiant dans la source": row.id,
        "Licence": "etalab-2.0",
    }
    return with_front_matter({key: value for key, value in facts.items() if value}, _body(row))


def _type(raw: str) -> str:
    """Return the type in the singular: the source has «Tiers lieux à dominante …»."""
    return raw.replace("Tiers lieux", "Tiers-lieu", 1)


def _body(row: PlaceRow) -> str:
    """Return the text after the front matter: a few lines and the category."""
    kind, comma = "tiers-lieu", ""
    if row.type.startswith("Tiers lieux "):
        kind, comma = f"tiers-lieu {row.type[len('Tiers lieux ') :]}", ","
    where = f"{comma} {at_town(row.town)}" if row.town else ""
    region = f" ({row.region})" if row.region else ""
    lines = [f"**{escape_markdown(row.name)}** est un {kind}{where}{region}.", ""]
    address = ", ".join(part for part in (row.street, f"{row.postal_code} {row.town}".strip()) if part)
    if row.street or row.postal_code:
        lines.append(f"- Adresse : {escape_markdown(address)}")
    if row.website:
        lines.append(f"- Site : <{row.website}>")
    if lines[-1]:
        lines.append("")
    lines += [
        NOTICE,
        "",
        f"[[Catégorie:Tiers-lieux ({row.region})]]" if row.region else "[[Catégorie:Tiers-lieux]]",
    ]
    return "\n".join(lines) + "\n"


def at_town(town: str) -> str:
    """Return «à Nantes», «au Havre», «aux Ulis»: French contracts the article of a town's name."""
    for article, joined in (("Le ", "au "), ("Les ", "aux ")):
        if town.startswith(article):
            return joined + town[len(article) :]
    return f"à {town}"


def escape_markdown(text: str) -> str:
    """Escape `text` so that Markdown shows it verbatim."""
    return _MARKDOWN.sub(r"\\\1", text).replace("<", "&lt;")
