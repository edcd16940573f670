"""Code blocks: fences set aside as placeholders, then highlighted by Pygments with classes."""

from __future__ import annotations

from html import escape
from typing import Any

from wiki.text.markup.placeholders import Placeholder, PlaceholderStore

HIGHLIGHT_LIMIT = 50_000
"""Characters of a block beyond which it is shown plain; lexers are not all linear."""


def format_fence(source: str, language: str | None, class_name: str, options: dict[str, Any], md: Any, **_: Any) -> str:
    """What pymdownx.superfences asks for: the markup that stands for one fence."""
    store: PlaceholderStore = md.store
    return store.add_markup(Placeholder("code", {"code": source, "language": language or ""}))


def validate_fence(
    language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Any
) -> bool:
    """What pymdownx.superfences asks for: whether a fence is one; options are not ours."""
    return True


def code_html(code: str, language: str) -> str:
    """A block of code as HTML; plain where the language is unknown or the block too long."""
    name = "".join(sign for sign in language.lower() if sign.isalnum() or sign in "-_+.#")
    label = f' class="language-{escape(name)}"' if name else ""
    return f'<pre class="highlight" tabindex="0"><code{label}>{_coloured(code, name)}</code></pre>'


def _coloured(code: str, language: str) -> str:
    """Spans with Pygments' short class names, or the escaped code."""
    if not language or len(code) > HIGHLIGHT_LIMIT:
        return escape(code, quote=False)
    from pygments import highlight  # slow to import, and most texts hold no code
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
