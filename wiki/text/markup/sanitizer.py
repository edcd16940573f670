"""Cleaning: the HTML of an author reduced to what may stand in a page.

nh3 (ammonia) parses and writes the HTML anew from lists of what is allowed.  No styles,
no forms, no data attributes; ids and the links to them begin with `s-`; pictures are
never HTML of an author.  Only after this are placeholders filled with output of our own.
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
_EMPTIED = """
    script style svg math template noscript iframe object embed xmp noembed noframes textarea title plaintext select
"""
_TAGS = frozenset(_ALLOWED.split())
_EMPTIED_TAGS = set(_EMPTIED.split())
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
_REL_WITHIN = re.compile(rf'(href="#[^">]*"[^>]*?) rel="{_REL}"')
_CLASS = re.compile(r"language-[\w+#.-]{1,40}|footnote(?:-ref|-backref)?")


def clean(html: str, hole_tag: str) -> str:
    """Safe HTML.  Elements `hole_tag` keep their number; nobody but us knows that name."""
    cleaned = nh3.clean(
        html,
        tags={*_TAGS, hole_tag},
        clean_content_tags=_EMPTIED_TAGS,
        attributes={**_ATTRIBUTES, hole_tag: {"n"}},
        attribute_filter=_filtered,
        url_schemes=_SCHEMES,
        link_rel=_REL,
    )
    return _REL_WITHIN.sub(r"\1", cleaned)


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    """The value that an attribute may keep."""
    if attribute == "class":
        return " ".join(name for name in value.split() if _CLASS.fullmatch(name)) or None
    if attribute == "id":
        return ANCHOR_PREFIX + value if value and not re.search(r"\s", value) else None
    if attribute == "href" and value.startswith("#"):
        rest = value[1:]
        return value if not rest or rest.startswith(ANCHOR_PREFIX) else f"#{ANCHOR_PREFIX}{rest}"
    return None if attribute == "title" and not value else value
