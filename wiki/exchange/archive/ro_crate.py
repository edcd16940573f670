"""The machine-readable description of an archive: RO-Crate 1.3 (JSON-LD with terms of schema.org)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from rocrate.model.contextentity import ContextEntity
from rocrate.model.creativework import CreativeWork
from rocrate.model.file import File
from rocrate.model.person import Person
from rocrate.rocrate import ROCrate

from wiki.exchange.archive import format_spec
from wiki.exchange.archive.exported_page import ExportedPage, absolute_url, format_utc
from wiki.licenses import catalogue
from wiki.licenses.attribution import attribution_line
from wiki.pages import file_types
from wiki.pages.models import PageVersion
from wiki.pages.page_urls import address

ACTIONS = 200
"""How many of the latest versions are described as actions; `revisions.jsonl` has all."""
FORMATS = {
    "md": "text/markdown", "json": "application/json", "jsonl": "application/jsonl", "html": "text/html",
    "css": "text/css", "txt": "text/plain", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
    "gif": "image/gif", "webp": "image/webp", "fast-import": "text/plain", "toml": "application/toml",
    **{ending[1:]: known.content_type for ending, known in file_types.TYPES.items()},
}  # fmt: skip
DESCRIPTIONS = {
    "README.md": "Credits in words, what the files are, and how to open them again (French and English)",
    format_spec.TEXT: "Source text of the page, in Markdown",
    format_spec.PAGE: "Title, language, licence and source of the page",
    format_spec.CREDITS: "Authors, licences and sources of the text and of each picture",
    format_spec.REVISIONS: "All versions of the page with their authors and dates, one JSON object a line",
    format_spec.STREAM: "The same history for git fast-import",
    "index.html": "The page as people read it, without a network",
    "style.css": "How index.html looks",
}


def metadata(exported: ExportedPage, credits: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, Any]:
    """Return the content of `ro-crate-metadata.json`; `sizes` gives the bytes of each file, by path in `data/`."""
    with translation.override("en"):
        crate = ROCrate(version="1.3")
        licenses = _Licenses(crate)
        people = {name: _person(crate, name, number) for number, name in enumerate(credits["authors"], start=1)}
        _root(crate, exported, credits, licenses, list(people.values()))
        _files(crate, exported, credits, licenses, sizes)
        _actions(crate, exported, people)
        crate.mainEntity = crate.get(format_spec.TEXT)
    generated: dict[str, Any] = crate.metadata.generate()
    generated["@graph"].sort(key=lambda entity: entity["@id"])
    return generated


class _Licenses:
    """Adds licences to the crate as entities, each once."""

    def __init__(self, crate: ROCrate) -> None:
        self._crate = crate

    def of(self, expression: str) -> Any:
        """Return the entity (or list of entities) of the licences in an expression."""
        entities = [self._entity(license) for license in catalogue.licenses_in(expression)]
        return entities[0] if len(entities) == 1 else entities

    def _entity(self, license: catalogue.License) -> Any:
        url = license.deed_url or license.text_url or f"https://spdx.org/licenses/{license.id}"
        known = self._crate.get(url)
        if known is not None:
            return known
        properties = {
            "@type": "CreativeWork",
            "name": license.name_en,
            "description": f"SPDX identifier: {license.id}. Full text: LICENSES/{license.id}.txt",
            "identifier": license.id,
        }
        return self._crate.add(ContextEntity(self._crate, url, properties=properties))


def _person(crate: ROCrate, name: str, number: int) -> Any:
    """Add an author; the name is as given, not verified."""
    return crate.add(Person(crate, f"#author-{number}", properties={"name": name}))


def _root(
    crate: ROCrate, exported: ExportedPage, credits: Mapping[str, Any], licenses: _Licenses, people: list[Any]
) -> None:
    """Set the properties of the root data entity."""
    root, date = crate.root_dataset, format_utc(exported.last.claimed_at)
    line = attribution_line(exported.title, credits["authors"], credits["source"], exported.last.license, language="en")
    root["name"] = exported.title
    root["description"] = f"The wiki page “{exported.title}” with its pictures, licence, authors and full history"
    root["datePublished"] = root["dateModified"] = date
    root["license"] = licenses.of(exported.last.license)
    root["creditText"] = line.text
    root["version"] = str(exported.last.number)
    root["inLanguage"] = exported.last.language
    root["url"] = exported.source["url"]
    if people:
        root["author"] = people if len(people) > 1 else people[0]
    publisher = ContextEntity(crate, f"{settings.BASE_ADDRESS}/", properties={
        "@type": "Organization", "name": settings.WAGTAIL_SITE_NAME, "url": f"{settings.BASE_ADDRESS}/",
    })  # fmt: skip
    root["publisher"] = crate.add(publisher)
    sources = [_source(crate, entry, licenses) for entry in credits["derived_from"]]
    if sources:
        root["isBasedOn"] = sources if len(sources) > 1 else sources[0]
        root["wasDerivedFrom"] = root["isBasedOn"]
    if exported.origin and exported.origin.digest:
        root["importedFrom"] = exported.origin.url
        root["importedOn"] = format_utc(exported.origin.imported_at)


def _source(crate: ROCrate, entry: Mapping[str, Any], licenses: _Licenses) -> Any:
    """Add a source of the page (an entry of `derived_from`), unless the crate has it already."""
    url = entry["source"] or f"#source-{format_spec.file_stem(entry['title'])}"
    if entry["relation"] == "fork" and "?" not in url:
        url = f"{url}?version={entry['version']}"
    credit = attribution_line(entry["title"], entry["authors"], entry["source"], entry["license"], language="en")
    properties = {
        "@type": "CreativeWork",
        "name": entry["title"],
        "description": f"What this page was made from ({entry['relation']})",
        "creditText": credit.text,
        "license": _reference(licenses.of(entry["license"])) if catalogue.is_free(entry["license"]) else None,
        "version": str(entry["version"]),
    }
    given = {name: value for name, value in properties.items() if value is not None}
    existing = crate.get(url)
    return existing if existing is not None else crate.add(CreativeWork(crate, url, properties=given))


def _reference(entities: Any) -> Any:
    """Return references to one or several entities, for use in properties given as dict."""
    as_list = entities if isinstance(entities, list) else [entities]
    references = [{"@id": entity.id} for entity in as_list]
    return references if len(references) > 1 else references[0]


def _files(
    crate: ROCrate, exported: ExportedPage, credits: Mapping[str, Any], licenses: _Licenses, sizes: Mapping[str, int]
) -> None:
    """Add an entity for each file."""
    media = {entry["file"]: entry for entry in credits["media"]}
    for path, size in sorted(sizes.items()):
        entry = media.get(path)
        properties: dict[str, Any] = {
            "name": entry["name"] if entry else path.rpartition("/")[2],
            "description": _description(path, entry),
            "encodingFormat": FORMATS.get(path.rpartition(".")[2], "application/octet-stream"),
            "contentSize": str(size),
        }
        if entry and entry["license"] != exported.last.license:
            properties["license"] = _reference(licenses.of(entry["license"]))
        if entry:
            properties["creditText"] = picture_credit(entry, "en").text
        crate.add(File(crate, source=None, dest_path=path, properties=properties))


def _description(path: str, entry: Mapping[str, Any] | None) -> str:
    """Return the description of a file."""
    if entry:
        return entry["description"] or f"File “{entry['name']}”"
    if path.startswith("LICENSES/"):
        return f"Full text of the licence {path[9:-4]}"
    return DESCRIPTIONS.get(path, path)


def picture_credit(entry: Mapping[str, Any], language: str) -> Any:
    """Return the attribution line of a picture (an entry of `media` in `credits.json`)."""
    authors = [entry["author"]] if entry["author"] else []
    return attribution_line(entry["name"], authors, entry["source"], entry["license"], language=language)


def _actions(crate: ROCrate, exported: ExportedPage, people: Mapping[str, Any]) -> None:
    """Add the latest versions as actions, with their agents."""
    latest = exported.versions.filter(number__gt=exported.last.number - ACTIONS).order_by("number")
    actions = []
    for version in latest:
        properties = _action(version)
        if version.author_name in people:
            properties["agent"] = {"@id": people[version.author_name].id}
        actions.append(crate.add(ContextEntity(crate, f"#version-{version.number}", properties=properties)))
    crate.root_dataset["mentions"] = actions


def _action(version: PageVersion) -> dict[str, Any]:
    """Return the properties of a version as an action."""
    type_name = "CreateAction" if version.number == 1 else "UpdateAction"
    comment = re.sub(r"\s+", " ", version.comment).strip()
    return {
        "@type": "DeleteAction" if version.is_deletion else type_name,
        "name": f"Version {version.number} of “{version.title}”",
        "description": comment or "No comment",
        "endTime": format_utc(version.claimed_at),
        "object": {"@id": format_spec.TEXT},
        "result": {"@id": format_spec.TEXT},
    }


def permalink(exported: ExportedPage) -> str:
    """Return the absolute URL of this version on this wiki."""
    return absolute_url(f"{address('page', exported.title)}?version={exported.last.number}")
