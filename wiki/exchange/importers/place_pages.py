"""What a place of the data set becomes here: its title, its front matter and a few lines in French."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wiki.exchange.importers.places_csv import PlaceRow
from wiki.text import titles
from wiki.text.frontmatter.frontmatter_writer import with_front_matter

NAME_LIMIT = 150
SUFFIX_LIMIT = 60
"""Bytes of a name and of what tells it apart; pages that live in the place need the rest."""

DATA_SET = "Tiers lieux 2019"
NOTICE = (
    f"*Cette fiche vient du recensement « {DATA_SET} » du Commissariat général à l’égalité des territoires (CGET). "
    "Vous connaissez ce lieu ? Complétez-la, corrigez-la.*"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]])")


def suffixes(row: PlaceRow) -> list[str]:
    """What may follow the name to tell it from an equal one, shortest first."""
    found = [""]
    if row.town:
        found.append(f" ({row.town})")
        if row.street:
            found.append(f" ({row.town}, {row.street})")
        found.append(f" ({row.town}, {row.id})")
    else:
        found.append(f" ({row.id})")
    return found


def title_of(name: str, suffix: str) -> str:
    """The title of a place: signs that no title can hold become lookalikes, a long name is cut.

    Raises TitleProblem where even that is no title («..»).
    """
    ending = suffix if len(suffix.encode()) <= SUFFIX_LIMIT else f"{_cut(suffix[:-1], SUFFIX_LIMIT)})"
    return titles.clean_title(titles.replace_forbidden_characters(_cut(name, NAME_LIMIT) + ending, colon=True))


def _cut(text: str, limit: int) -> str:
    """`text`, or its beginning with «…» where it has more than `limit` bytes."""
    if len(text.encode()) <= limit:
        return text
    return text.encode()[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"


def first_unshared_suffix(row: PlaceRow, namesakes: Sequence[PlaceRow]) -> int:
    """Index in `suffixes(row)` of the shortest one that none of its namesakes shares.

    `namesakes` are all rows of that name, this one too.
    """
    own = suffixes(row)
    for level, suffix in enumerate(own):
        others = [suffixes(other) for other in namesakes if other.id != row.id]
        if not any(titles.fold(suffix) in map(titles.fold, other) for other in others):
            return level
    return len(own) - 1


def shown_title(row: PlaceRow, title: str) -> str:
    """The true name with what tells it apart, where `title` had to differ from it; else empty.

    A page whose place has another name by now keeps its title and shows it.
    """
    try:
        bare = title_of(row.name, "")
    except titles.TitleProblem:
        return row.name
    if not title.startswith(bare):
        return ""
    shown = row.name + title[len(bare) :]
    return "" if shown == title else shown


def text_of(row: PlaceRow, title: str = "") -> str:
    """The source of the page of that title (without title: what follows from the row alone)."""
    facts = {
        "Nature": "Lieu",
        "Titre affiché": shown_title(row, title) if title else "",
        "Nom": row.name,
        "Adresse": row.street,
        "Code postal": row.postal_code,
        "Commune": row.town,
        "Code INSEE": row.town_code,
        "Région": row.region,
        "Zone d'emploi": row.job_area,
        "Coordonnées": f"{row.latitude}, {row.longitude}" if row.latitude else "",
        "Type": _type(row.type),
        "Site web": row.website,
        "Twitter": row.twitter,
        "Facebook": row.facebook,
        "Source": f"CGET, {DATA_SET}",
        "Identifiant dans la source": row.id,
        "Licence": "etalab-2.0",
    }
    return with_front_matter({key: value for key, value in facts.items() if value}, _body(row))


def _type(raw: str) -> str:
    """The type in the singular: the source speaks of «Tiers lieux à dominante …»."""
    return raw.replace("Tiers lieux", "Tiers-lieu", 1)


def _body(row: PlaceRow) -> str:
    """A few readable lines, and the categories."""
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
    """«à Nantes», «au Havre», «aux Ulis»: French joins the article of a town's name."""
    for article, joined in (("Le ", "au "), ("Les ", "aux ")):
        if town.startswith(article):
            return joined + town[len(article) :]
    return f"à {town}"


def escape_markdown(text: str) -> str:
    """`text` so that Markdown shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", text).replace("<", "&lt;")
