"""All models of the app, where Django looks for them; they are defined in the packages."""

from wiki.accounts.models import User
from wiki.ask.models import CacheDependency, CacheEpoch
from wiki.discussions.models import Post, PostFanOut, PostMention, PostReaction, PostRevision, Thread
from wiki.exchange.models import ImportedRow, Origin, TableImport, TableMapping
from wiki.facts.models import Fact, Property, Subject
from wiki.history.models import Passage, TitlePeriod
from wiki.linked_data.models import TripleUpdate
from wiki.mail.models import QueuedEmail
from wiki.moderation.models import LogEntry, PageReport, PatrolMark, Proposal
from wiki.needs.models import OfferSubscription, PeriodCheck
from wiki.notifications.models import FanOutCursor, Notification, NotificationSettings, Watch, WatchedQuestion
from wiki.pages.interwiki import InterwikiPrefix
from wiki.pages.media_models import File, Picture, PictureRendition
from wiki.pages.media_version_models import FileVersion
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import (
    Changeset,
    Fork,
    Kind,
    PageLink,
    PageText,
    PageVersion,
    RenderedPage,
    Stewardship,
    WikiPage,
)
from wiki.pages.site_settings import SiteTexts
from wiki.pages.task_models import BackgroundTask, DerivedRevision, OutdatedPage, TaskFailure
from wiki.search.models import OutboxEntry, PageSearchText, SavedSearch

__all__ = [
    "BackgroundTask",
    "CacheDependency",
    "CacheEpoch",
    "Changeset",
    "DerivedRevision",
    "Fact",
    "FanOutCursor",
    "File",
    "FileVersion",
    "Fork",
    "ImportedRow",
    "InterwikiPrefix",
    "Kind",
    "LogEntry",
    "Mirror",
    "Notification",
    "NotificationSettings",
    "OfferSubscription",
    "Origin",
    "OutboxEntry",
    "OutdatedPage",
    "PageLink",
    "PageReport",
    "PageSearchText",
    "PageText",
    "PageVersion",
    "Passage",
    "PatrolMark",
    "PeriodCheck",
    "Picture",
    "PictureRendition",
    "Post",
    "PostFanOut",
    "PostMention",
    "PostReaction",
    "PostRevision",
    "Property",
    "Proposal",
    "QueuedEmail",
    "RenderedPage",
    "SavedSearch",
    "SiteTexts",
    "Stewardship",
    "Subject",
    "TableImport",
    "TableMapping",
    "TaskFailure",
    "Thread",
    "TitlePeriod",
    "TripleUpdate",
    "User",
    "Watch",
    "WatchedQuestion",
    "WikiPage",
]
