"""Sanitizer: reduces the HTML of an author to the allowed elements and attributes.

nh3 (ammonia) parses the HTML and serialises it again by allow-lists.  No styles, no forms, no data
attributes, no `img`; ids and links to them get the prefix `s-`.  Placeholders are filled with trusted
output only afterwards.
"""

from __future__ import annotations

import re

import nh3

from wiki.text.anchors import ANCHOR_PREFIX

_ALLOWED = """
    a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption
    figure h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup
    table tbody td tfoot th thead time tr u ul var wbr
"""
_REMOVED_WITH_CONTENT = """
    script style svg math template noscript iframe object embed xmp noembed noframes textarea title plaintext select
"""
_TAGS = frozenset(_ALLOWED.split())
_REMOVED_TAGS = set(_REMOVED_WITH_CONTENT.split())
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "dir", "id", "lang", "title"},
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "ol": {"reversed", "start", "type"},
    "li": {"value"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_REL = "nofollow noopener ugc"
_REL_OF_FRAGMENT_LINK = re.compile(rf'(href="#[^">]*"[^>]*?) rel="{_REL}"')
_CLASS = re.compile(
    r"language-[\w+#.-]{1,40}|footnote(?:-ref|-backref)?|callout(?:-(?:title|note|tip|important|warning|caution))?"
)


def clean(html: str, placeholder_tag: str) -> str:
    """Return sanitized HTML.  Elements `placeholder_tag` (an unguessable name) stay, with their attribute `n`."""
    cleaned = nh3.clean(
        html,
        tags={*_TAGS, placeholder_tag},
        clean_content_tags=_REMOVED_TAGS,
        attributes={**_ATTRIBUTES, placeholder_tag: {"n"}},
        attribute_filter=_filter_attribute,
        url_schemes=_SCHEMES,
        link_rel=_REL,
    )
    return _REL_OF_FRAGMENT_LINK.sub(r"\1", cleaned)


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    """Return the allowed value of an attribute; None removes the attribute."""
    if attribute == "class":
        return " ".join(name for name in value.split() if _CLASS.fullmatch(name)) or None
    if attribute == "id":
        return ANCHOR_PREFIX + value if value and not re.search(r"\s", value) else None
    if attribute == "href" and value.startswith("#"):
        rest = value[1:]
        return value if not rest or rest.startswith(ANCHOR_PREFIX) else f"#{ANCHOR_PREFIX}{rest}"
    return None if attribute == "title" and not value else value
