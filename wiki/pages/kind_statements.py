"""The statement of a text of which kind its page is."""

from __future__ import annotations

from django.utils.translation import get_language

from wiki.pages.models import Kind
from wiki.text.frontmatter.frontmatter_writer import with_front_matter


def kind_front_matter(kind_key: str) -> str:
    """Return the front matter that says of which kind a new page is; "" for an article or an unknown kind."""
    kind = Kind.objects.filter(key=kind_key).first()
    if kind is None or kind.key == "article":
        return ""
    name = "Nature" if (get_language() or "fr").startswith("fr") else "Kind"
    return with_front_matter({name: kind.name}, "")
