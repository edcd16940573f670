"""The door where Django looks for models; the rooms hold them."""

from wiki.accounts.models import User
from wiki.ask.models import Need, Turn
from wiki.exchange.models import Origin
from wiki.facts.models import Fact, Property, Subject
from wiki.forks.models import Telling
from wiki.history.models import Passage
from wiki.moderation.models import Proposal, Remark
from wiki.pages.media_models import File, Picture, PictureRendition
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Batch, Fork, Kind, Link, PageText, PageVersion, RenderedPage, Stewardship, WikiPage
from wiki.pages.site_settings import SiteTexts
from wiki.search.models import PageWords, SavedSearch, Waiting

__all__ = [
    "Batch",
    "Fact",
    "File",
    "Fork",
    "Kind",
    "Link",
    "Mirror",
    "Need",
    "Origin",
    "PageText",
    "PageVersion",
    "PageWords",
    "Passage",
    "Picture",
    "PictureRendition",
    "Property",
    "Proposal",
    "Remark",
    "RenderedPage",
    "SavedSearch",
    "SiteTexts",
    "Stewardship",
    "Subject",
    "Telling",
    "Turn",
    "User",
    "Waiting",
    "WikiPage",
]
