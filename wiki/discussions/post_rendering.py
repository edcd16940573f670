"""The HTML of posts: Markdown as in pages, without what belongs to pages only.

Calls are shown as their source, pictures as links to their pages, headings below those of the screen. Nothing in a post
states facts or puts a page into a category.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.html import escape, format_html

from wiki.accounts.models import User
from wiki.discussions import mentions
from wiki.pages.interwiki import interwiki_url
from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.rendering import link_table
from wiki.pages.rendering.page_renderer import static_html
from wiki.text import titles
from wiki.text.markup.inclusion_tags import own_slices
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.markup.parser_functions import source_html
from wiki.text.markup.parser_process import parse_bounded
from wiki.text.markup.placeholders import Placeholder, WikiLink
from wiki.text.titles import CATEGORY

_HEADING = re.compile(r"<(/?)h([2-6])(?=[ >])")
_OWN_IDS = re.compile(r'((?: id="| href="#))(?=s-|fn)')
_PAGE_SYNTAX = re.compile(r"\[\[[ _]*([^\[\]|:#]{1,40}):(?!:)")
_INCLUDEONLY = re.compile(r"<(?=/?includeonly)", re.IGNORECASE)
_ANCHOR = re.compile(r'<a class="anchor"[^>]*>#</a>')


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """Safe HTML of a post, and the accounts that it mentions."""

    html: str
    mentioned: list[User]


def render_post(text: str, page: WikiPage) -> RenderedPost:
    """Return the HTML of the text of a post about `page`, parsed in bounded time. Two queries if it has mentions."""
    parsed = parse_bounded(_without_page_syntax(text), calls=())
    with translation.override(page.language):
        links = LinkTargets(parsed.links, page)
        html = parsed.fill(lambda placeholder: _placeholder_html(placeholder, page, links))
    html = _ANCHOR.sub("", html)
    html = _HEADING.sub(lambda match: f"<{match[1]}h{min(6, int(match[2]) + 2)}", html)
    html = _OWN_IDS.sub(rf"\g<1>{parsed.nonce[:8]}-", html)
    if not _has_content(html, parsed):
        return RenderedPost(source_html(text), [])
    users = mentions.resolve_names(mentions.find_names(html))
    return RenderedPost(mentions.link_mentions(html, users), list({user.pk: user for user in users.values()}.values()))


def _without_page_syntax(text: str) -> str:
    """Return a text in which nothing is front matter, a redirect, text for other pages, or a category of the page."""

    def linked(match: re.Match[str]) -> str:
        return f"[[:{match[0][2:]}" if titles.namespace_number(match[1]) == CATEGORY else match[0]

    text = _PAGE_SYNTAX.sub(linked, text)
    parts, end = [], 0
    for start, stop in own_slices(text):
        parts += [_INCLUDEONLY.sub("&lt;", text[end:start]), text[start:stop]]
        end = stop
    # A comment before the first line: front matter and redirects are read only at the very beginning.
    return "".join(["<!-- -->\n\n", *parts, _INCLUDEONLY.sub("&lt;", text[end:])])


def _has_content(html: str, parsed: Parsed) -> bool:
    """Whether something of a text is visible."""
    return bool(parsed.word_count) or bool(re.sub(r"<[^>]*>|\s", "", html)) or "<hr" in html


def _placeholder_html(placeholder: Placeholder, page: WikiPage, links: LinkTargets) -> str:
    """Return the HTML of a placeholder: none is left in a post."""
    data = placeholder.data
    if placeholder.kind == "link":
        tag = links.tag(str(data["target"]), str(data.get("section") or ""), str(data.get("fragment") or ""))
        return tag if data.get("open") else f"{tag}{escape(placeholder.text)}</a>"
    if placeholder.kind == "picture":
        name = str(data["name"])
        label = str(data.get("caption") or data.get("description") or name)
        return format_html('<a href="{}">{}</a>', address("page", f"File:{name}"), label)
    if placeholder.kind == "problem" and data["code"] == "call_unknown":  # no call is known in a post
        return format_html("<code>{}</code>", data["source"])
    if placeholder.kind == "annotation":
        return escape(str(data["label"] or data["value"]))
    return static_html(placeholder, page.full_title) or ""


class LinkTargets:
    """The addresses of the links of a text about `page`. One query, none without links."""

    def __init__(self, links: Sequence[WikiLink], page: WikiPage) -> None:
        self.page = page
        self.fields = PageFields.of(page)
        keys = {key for link in links for key in link_table.target_keys(link.target, self.fields) if key}
        self.existing = link_table.existing_keys(keys) if keys else set()

    def tag(self, target: str, section: str, fragment: str) -> str:
        """Return the start tag of a link to a page, which may not exist, or to a page of another wiki."""
        if url := interwiki_url(target, section):
            return format_html('<a class="interwiki" rel="nofollow" href="{}">', url)
        key, near = link_table.target_keys(target, self.fields)
        title = near if near in self.existing else titles.absolute_title(target, self.page.full_title) if key else ""
        url = address("page", title or self.page.full_title)
        return format_html('<a href="{}{}">', url, f"#{fragment}" if fragment else "")
