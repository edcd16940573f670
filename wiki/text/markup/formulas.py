"""Formulas in TeX (`$x^2$`, `$$…$$`) as MathML, which browsers and screen readers know without a script."""

from __future__ import annotations

from html import escape

import nh3
from latex2mathml.converter import convert

FORMULA_LIMIT = 2_000
"""Maximum number of characters of a formula; of longer ones the source is shown."""
_ELEMENTS = """
    math maction menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace
    msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none
"""
_TAGS = set(_ELEMENTS.split())
_ATTRIBUTES = {
    "*": {
        "accent", "accentunder", "columnalign", "columnlines", "depth", "display", "displaystyle", "fence", "form",
        "height", "largeop", "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits",
        "notation", "rowlines", "rowspacing", "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "width",
    }
}  # fmt: skip


def formula_html(source: str, *, is_block: bool) -> str:
    """Return a formula in TeX as safe MathML; its source as code if it cannot be read."""
    markup = _convert(source, "block" if is_block else "inline") if len(source) <= FORMULA_LIMIT else None
    if markup is None:
        code = f'<code class="formula">{escape(source)}</code>'
        return f"<p>{code}</p>" if is_block else code
    return nh3.clean(markup, tags=_TAGS, attributes=_ATTRIBUTES, clean_content_tags=set(), link_rel=None)


def _convert(source: str, display: str) -> str | None:
    """Return the MathML of a formula, with whatever HTML its texts hold; None if it cannot be read."""
    try:
        return str(convert(source, display=display))
    except Exception:  # the library has a dozen exceptions of its own, and raises others for broken commands
        return None
