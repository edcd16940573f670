"""Links to videos of sites that administrators allow: frames that load nothing before a reader asks for it."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import gettext

from wiki.pages.rendering.video_sites import frame_address

_ALONE = re.compile(r'<p>\s*<a href="(https://[^"<>]{1,500})"[^<>]*>([^<>]{1,500})</a>\s*</p>')


def add_video_boxes(html: str) -> str:
    """Return the sanitized `html` of a page in which a paragraph with only a link to a video is a box.

    Without a script, the box is the link. With it, a click puts the frame there (`static/wiki/videos.js`).
    """

    def box(match: re.Match[str]) -> str:
        url = unescape(match[1])
        if not (frame := frame_address(url)):
            return match[0]
        host, title = urlsplit(url).netloc, unescape(match[2])
        note = gettext("Video on %(host)s. Nothing is loaded from there before you click.") % {"host": host}
        return format_html(
            '<div class="video-box"><a class="video-link" href="{}" data-video="{}" rel="nofollow noreferrer">{}</a>'
            '<span class="file-facts">{}</span></div>',
            url, frame, title, note,
        )  # fmt: skip

    return _ALONE.sub(box, html) if settings.VIDEO_HOSTS else html
