"""Sites with videos: which addresses are videos, and where their frames are."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

_YOUTUBE, _VIMEO = "https://www.youtube-nocookie.com/embed/", "https://player.vimeo.com/video/"
_DAILYMOTION = "https://geo.dailymotion.com/player.html?video="
SITES = {
    "www.youtube.com": (re.compile(r"/watch\?(?:[^#]*&)?v=([\w-]{11})(?:[&#].*)?"), _YOUTUBE),
    "youtu.be": (re.compile(r"/([\w-]{11})(?:[?#].*)?"), _YOUTUBE),
    "vimeo.com": (re.compile(r"/(\d{5,12})(?:[?#].*)?"), _VIMEO),
    "www.dailymotion.com": (re.compile(r"/video/(\w{5,12})(?:[?#].*)?"), _DAILYMOTION),
}
"""Sites whose frames are at another address: the path of a video, and the address of its frame. Others are PeerTube."""
_PEERTUBE = re.compile(r"/(?:w|videos/watch)/([A-Za-z0-9-]{8,36})(?:[?#].*)?")


def frame_address(url: str) -> str:
    """Return the address of the frame with the video at `url`; "" if it is none, or its site is not allowed."""
    host = urlsplit(url).netloc.lower()
    if host not in settings.VIDEO_HOSTS:
        return ""
    pattern, frame = SITES.get(host, (_PEERTUBE, f"https://{host}/videos/embed/"))
    match = pattern.fullmatch(url.partition(host)[2])
    return frame + match[1] if match else ""


def frame_origins() -> list[str]:
    """Return the origins of frames of the allowed sites, for the Content-Security-Policy."""
    frames = [SITES[host][1] if host in SITES else f"https://{host}/" for host in settings.VIDEO_HOSTS]
    return sorted({"https://" + urlsplit(frame).netloc for frame in frames})
