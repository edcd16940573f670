"""Labels of the tags that the wiki itself sets on versions."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

TAGS: Mapping[str, str | Promise] = {
    "created": pgettext_lazy("mark of a version", "created"),
    "recreated": pgettext_lazy("mark of a version", "created again"),
    "merged": pgettext_lazy("mark of a version", "merged"),
    "restored": pgettext_lazy("mark of a version", "restored"),
    "undone": pgettext_lazy("mark of a version", "undone"),
    "moved": pgettext_lazy("mark of a version", "moved"),
    "redirect": pgettext_lazy("mark of a version", "redirect"),
    "deleted": pgettext_lazy("mark of a version", "deleted"),
    "undeleted": pgettext_lazy("mark of a version", "undeleted"),
    "hidden": pgettext_lazy("mark of a version", "hidden"),
    "shown": pgettext_lazy("mark of a version", "shown again"),
    "license": pgettext_lazy("mark of a version", "licence"),
    "language": pgettext_lazy("mark of a version", "language"),
    "unmade place": pgettext_lazy("mark of a version", "place unmade"),
    "forked": pgettext_lazy("mark of a version", "fork"),
    "pulled": pgettext_lazy("mark of a version", "taken in"),
    "unchanged": pgettext_lazy("mark of a version", "as the original"),
    "passed over": pgettext_lazy("mark of a version", "passed over"),
    "accepted": pgettext_lazy("mark of a version", "proposal"),
    "part": pgettext_lazy("mark of a version", "in part"),
    "import": pgettext_lazy("mark of a version", "import"),
}
"""Labels by stored tag. Other tags, from imports, are shown as they are."""


def translate_tags(tags: list[object]) -> list[str]:
    """Return the labels of `tags` in the reader's language."""
    return [str(TAGS.get(tag, tag)) if isinstance(tag, str) else str(tag) for tag in tags]
