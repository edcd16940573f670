"""What RFC 4287 (Atom), the RSS 2.0 specification and the RSS Advisory Board's profile ask of a feed."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

ATOM = "{http://www.w3.org/2005/Atom}"
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_HTML_TAG = re.compile(r"</?[a-z][^<>]*>")


def faults_of(data: bytes) -> list[str]:
    """Return the rules that a feed breaks. Raises ParseError for what is no XML."""
    root = ElementTree.fromstring(data)
    if root.tag == f"{ATOM}feed":
        return _atom_faults(root)
    return _rss_faults(root)


def _is_iri(text: str | None) -> bool:
    parts = urlsplit(text or "")
    return bool(parts.scheme) and bool(parts.netloc or parts.path) and not re.search(r"[\s<>\"{}|\\^`]", text or "")


def _is_rfc3339(text: str | None) -> bool:
    try:
        return "T" in (text or "") and datetime.fromisoformat(text or "").tzinfo is not None
    except ValueError:
        return False


def _atom_faults(root: Element) -> list[str]:
    faults = []
    entries = root.findall(f"{ATOM}entry")
    for what, element in (("feed", root), *((f"entry {number}", entry) for number, entry in enumerate(entries))):
        ones = ("id", "title", "updated")  # sections 4.1.1 and 4.1.2: exactly one of each
        faults += [f"{what}: not one {name}" for name in ones if len(element.findall(f"{ATOM}{name}")) != 1]
        if not (element.findtext(f"{ATOM}title") or "").strip():
            faults.append(f"{what}: a title without text")
        if not _is_iri(element.findtext(f"{ATOM}id")):  # 4.2.6
            faults.append(f"{what}: the id is no IRI")
        faults += [
            f"{what}: {date.tag} is no date" for name in ("updated", "published")
            for date in element.findall(f"{ATOM}{name}") if not _is_rfc3339(date.text)
        ]  # fmt: skip
        alternates = Counter(
            (link.get("type"), link.get("hreflang")) for link in element.findall(f"{ATOM}link")
            if link.get("rel", "alternate") == "alternate"
        )  # fmt: skip
        faults += [f"{what}: two alternate links of one type" for count in alternates.values() if count > 1]
        faults += [
            f"{what}: the link {link.get('href')} is no IRI" for link in element.findall(f"{ATOM}link")
            if not _is_iri(link.get("href"))
        ]  # fmt: skip
    if not any(link.get("rel") == "self" for link in root.findall(f"{ATOM}link")):  # 4.1.1: should
        faults.append("feed: no link to itself")
    has_author = root.find(f"{ATOM}author") is not None
    for number, entry in enumerate(entries):
        if not has_author and entry.find(f"{ATOM}author") is None:  # 4.1.2: must
            faults.append(f"entry {number}: no author")
        if entry.find(f"{ATOM}content") is None and not any(
            link.get("rel", "alternate") == "alternate" for link in entry.findall(f"{ATOM}link")
        ):
            faults.append(f"entry {number}: neither content nor alternate link")
    faults += ["author without a name" for author in root.iter(f"{ATOM}author") if not author.findtext(f"{ATOM}name")]
    faults += _text_faults(root)
    ids = Counter(entry.findtext(f"{ATOM}id") for entry in entries)
    return faults + [f"the id {one} stands {count} times" for one, count in ids.items() if count > 1]


def _text_faults(root: Element) -> list[str]:
    """Return texts whose type does not fit what they hold (section 3.1.1)."""
    faults = []
    for name in ("title", "summary", "content", "subtitle", "rights"):
        for element in root.iter(f"{ATOM}{name}"):
            kind = element.get("type", "text")
            if kind not in ("text", "html", "xhtml"):
                faults.append(f"{name}: the type {kind}")
            if kind in ("text", "html") and len(element):
                faults.append(f"{name}: elements in a text")
            if kind == "text" and _HTML_TAG.search(element.text or ""):
                faults.append(f"{name}: tags in a plain text: {(element.text or '')[:60]}")
    return faults


def _rss_faults(root: Element) -> list[str]:
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return ["no RSS 2.0"]
    faults = [
        f"channel: not one {name}" for name in ("title", "link", "description") if len(channel.findall(name)) != 1
    ]
    faults += ["channel: the link is no IRI"] if not _is_iri(channel.findtext("link")) else []
    language = channel.findtext("language")
    faults += [f"channel: the language {language}"] if language and not _LANGUAGE.fullmatch(language) else []
    if not any(link.get("rel") == "self" for link in channel.findall(f"{ATOM}link")):
        faults.append("channel: no link to itself")
    guids = Counter(item.findtext("guid") for item in channel.findall("item"))
    faults += [f"the guid {guid} stands {count} times" for guid, count in guids.items() if guid and count > 1]
    for number, item in enumerate(channel.findall("item")):
        if not (item.findtext("title") or item.findtext("description")):
            faults.append(f"item {number}: neither title nor description")
        guid = item.find("guid")
        if guid is not None and guid.get("isPermaLink", "true") == "true" and not _is_iri(guid.text):
            faults.append(f"item {number}: a guid that is no address")
        for date in item.findall("pubDate"):
            try:
                parsedate_to_datetime(date.text or "")
            except ValueError:
                faults.append(f"item {number}: pubDate is no date")
    return faults
