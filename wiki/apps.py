"""The wiki as a Django app. Here, and only here, higher layers register their parts with lower ones."""

from __future__ import annotations

from django.apps import AppConfig


class WikiConfig(AppConfig):
    """Registers updaters of derived data, background jobs, parser functions and signal receivers."""

    name = "wiki"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register all parts: with reversion, the writer, pages, the worker, signals, and Django's checks."""
        _register_updaters()
        _register_jobs()
        _register_tasks()
        _register_notifications()
        _register_providers()
        _connect_signals()
        _register_checks()


def _register_updaters() -> None:
    """Register what is derived from texts; `derived_data.register` checks the order."""
    from wiki.ask.embedding.result_cache import ResultCacheInvalidator
    from wiki.facts.fact_updater import FactUpdater
    from wiki.forms.kind_updater import KindUpdater
    from wiki.history.passage_updater import PassageUpdater
    from wiki.history.title_periods import TitlePeriodUpdater
    from wiki.linked_data.triple_updates import TripleOutboxUpdater
    from wiki.network.place_invalidation import PlaceInvalidator
    from wiki.pages.rendering.link_table import LinkTableUpdater
    from wiki.pages.rendering.page_renderer import RenderUpdater
    from wiki.pages.writing import derived_data
    from wiki.search.search_text_updater import SearchTextUpdater

    derived_data.register(LinkTableUpdater())
    derived_data.register(FactUpdater())
    derived_data.register(KindUpdater())
    derived_data.register(PassageUpdater())
    derived_data.register(TitlePeriodUpdater())
    derived_data.register(RenderUpdater())
    derived_data.register(SearchTextUpdater())
    derived_data.register(TripleOutboxUpdater())
    derived_data.register(PlaceInvalidator())
    derived_data.register(ResultCacheInvalidator())


def _register_jobs() -> None:
    """Register the background jobs, in the order in which the worker runs those of a lane.

    What waits for other machines has a lane of its own.
    """
    from wiki.ask.embedding import result_cache
    from wiki.exchange.table_import.table_tasks import delete_expired
    from wiki.facts.property_pages import ReparseFactsJob
    from wiki.forks.auto_pull import AutoPullJob
    from wiki.linked_data.triple_job import TripleStoreJob
    from wiki.mail.email_delivery import EmailDeliveryJob
    from wiki.needs.offer_emails import OfferEmailJob
    from wiki.needs.period_job import PeriodJob
    from wiki.pages import background_jobs
    from wiki.pages.background_jobs import Lane
    from wiki.pages.background_tasks import TaskCleanupJob
    from wiki.pages.database_statistics import DatabaseStatisticsJob
    from wiki.pages.writing.rederivation import RederivationJob
    from wiki.remotes.mirror_polling import MirrorPollJob
    from wiki.search.index_updates import IndexUpdateJob

    background_jobs.register(ReparseFactsJob(_facts_parsed_again))
    background_jobs.register(result_cache.RefreshResultsJob())
    background_jobs.register(AutoPullJob())
    _register_notification_jobs()
    needs = Lane("needs", poll_seconds=10)  # all needs are read and matched again where something was written
    background_jobs.register(PeriodJob(), needs)
    background_jobs.register(OfferEmailJob(), needs)
    background_jobs.register(EmailDeliveryJob(), Lane("e-mail"))
    background_jobs.register(MirrorPollJob(), Lane("mirrors", poll_seconds=10))
    background_jobs.register(IndexUpdateJob())
    background_jobs.register(TripleStoreJob(), Lane("triples"))
    background_jobs.register(RederivationJob())
    background_jobs.register(DatabaseStatisticsJob())
    background_jobs.register(TaskCleanupJob(delete_expired, _clean_up_sessions))


def _clean_up_sessions() -> None:
    """Delete sessions that are over, and old hashes of network addresses."""
    from wiki.accounts import session_cleanup
    from wiki.pages.writing.lock_retry import retry_while_locked

    retry_while_locked(session_cleanup.clean_up)


def _facts_parsed_again(keys: set[str], pages: set[int]) -> None:
    """Let query results, pages of places and triples follow facts that were parsed again."""
    from wiki.ask.embedding import result_cache
    from wiki.linked_data import triple_updates
    from wiki.network.place_invalidation import invalidate_by_facts

    result_cache.invalidate_facts(keys, pages)
    invalidate_by_facts(keys)
    triple_updates.enqueue_parsed_again(pages)


def _register_tasks() -> None:
    """Register the kinds of background tasks."""
    from wiki.exchange.table_import import table_tasks
    from wiki.history import batch_undo
    from wiki.moderation import account_blocks
    from wiki.pages import background_tasks
    from wiki.remotes import fetch_tasks

    background_tasks.register(fetch_tasks.REMOTE_IMPORT)
    background_tasks.register(fetch_tasks.MIRROR_POLL)
    background_tasks.register(batch_undo.UNDO_TASK)
    background_tasks.register(account_blocks.CLEAN_UP_TASK)
    background_tasks.register(table_tasks.TABLE_CHECK)
    background_tasks.register(table_tasks.TABLE_IMPORT)


def _register_notification_jobs() -> None:
    """Register the jobs that make notifications, and the e-mails of them."""
    from wiki.discussions.post_notifications import PostFanOutJob
    from wiki.notifications.fan_out import FanOutJob
    from wiki.notifications.notification_emails import NotificationEmailJob
    from wiki.notifications.question_watches import QuestionWatchJob
    from wiki.pages import background_jobs
    from wiki.pages.background_jobs import Lane

    notifications = Lane("notifications")
    background_jobs.register(FanOutJob(), notifications)
    background_jobs.register(PostFanOutJob(), notifications)
    background_jobs.register(NotificationEmailJob())
    background_jobs.register(QuestionWatchJob(), Lane("questions", poll_seconds=10))


def _register_notifications() -> None:
    """Register what higher packages notify of, and what can be watched there."""
    from wiki.discussions import post_notifications
    from wiki.discussions.signals import post_published
    from wiki.forks.notifications import UPSTREAM_NOTIFICATION, UPSTREAM_WATCH
    from wiki.moderation import page_reports, proposal_notifications
    from wiki.notifications import notification_kinds, watch_kinds

    watch_kinds.register(UPSTREAM_WATCH)
    notification_kinds.register(UPSTREAM_NOTIFICATION)
    for kind in (*proposal_notifications.KINDS, *post_notifications.KINDS, page_reports.KIND):
        notification_kinds.register(kind)
    post_published.connect(post_notifications.notify_of_post, dispatch_uid="notifications of posts")


def _register_providers() -> None:
    """Give lower layers what higher ones implement for them: parser functions, deferred content, similar titles."""
    import reversion

    from wiki.ask.embedding import embedded_results, structured_data
    from wiki.ask.embedding.result_cache import ResultCache
    from wiki.facts import fact_functions
    from wiki.linked_data.page_description import describe_page
    from wiki.pages import deferred_content, similar_titles
    from wiki.pages.models import PageText
    from wiki.search.fuzzy_titles import find_fuzzy_titles
    from wiki.text.markup.parser_functions import PARSER_FUNCTIONS

    reversion.register(PageText)
    PARSER_FUNCTIONS.update({**fact_functions.FACT_FUNCTIONS, **embedded_results.DEFERRED_CALLS})
    deferred_content.set_provider(ResultCache())
    structured_data.set_describer(describe_page)
    similar_titles.set_finder(find_fuzzy_titles)


def _connect_signals() -> None:
    """Connect the receivers that invalidate caches, fill the outbox, and remember devices."""
    from django.apps import apps
    from django.contrib.auth.signals import user_logged_in
    from django.db.models.signals import post_delete, post_migrate, post_save

    from wiki.accounts.known_devices import remember_sign_in
    from wiki.accounts.models import User
    from wiki.accounts.session_cleanup import list_session
    from wiki.ask.embedding import result_cache
    from wiki.facts import spelling_upgrade
    from wiki.pages.media_version_models import FileVersion, delete_content
    from wiki.pages.models import Kind
    from wiki.pages.writing import cache_versions, rederivation
    from wiki.search import outbox

    outbox.connect_signals()
    post_migrate.connect(
        rederivation.record_new_wiki, sender=apps.get_app_config("wiki"), dispatch_uid="wiki.record_new_wiki"
    )
    post_migrate.connect(
        spelling_upgrade.unify_after_upgrade, sender=apps.get_app_config("wiki"), dispatch_uid="wiki.unify_keys"
    )
    user_logged_in.connect(remember_sign_in, dispatch_uid="wiki.remember_sign_in")
    user_logged_in.connect(list_session, dispatch_uid="wiki.list_session")
    post_save.connect(cache_versions.invalidate_places_of, sender=User, dispatch_uid="wiki.invalidate_places_of")
    post_delete.connect(delete_content, sender=FileVersion, dispatch_uid="wiki.delete_content")
    for signal in (post_save, post_delete):
        signal.connect(result_cache.invalidate_kinds, sender=Kind, dispatch_uid="wiki.invalidate_kinds")


def _register_checks() -> None:
    """Register what `manage.py check --deploy` looks at."""
    from django.core import checks

    from wiki.mail.deployment_checks import check_mail

    checks.register(check_mail, checks.Tags.security, deploy=True)
