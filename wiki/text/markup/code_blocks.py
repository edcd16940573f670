"""Code blocks: fences stored as placeholders, then highlighted by Pygments with CSS classes."""

from __future__ import annotations

from html import escape

HIGHLIGHT_LIMIT = 50_000
"""Blocks with more characters are not highlighted: some lexers take more than linear time."""


def code_html(code: str, language: str) -> str:
    """Return a code block as HTML; not highlighted if the language is unknown or the block too long."""
    name = "".join(character for character in language.lower() if character.isalnum() or character in "-_+.#")
    label = f' class="language-{escape(name)}"' if name else ""
    return f'<pre class="highlight" tabindex="0"><code{label}>{_highlighted(code, name)}</code></pre>'


def _highlighted(code: str, language: str) -> str:
    """Return HTML with Pygments' short class names, or the escaped code."""
    if not language or len(code) > HIGHLIGHT_LIMIT:
        return escape(code, quote=False)
    from pygments import highlight  # slow to import, and most texts have no code
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
