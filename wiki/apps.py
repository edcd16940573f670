"""The wiki as a Django app. Here, and only here, higher layers register their parts with lower ones."""

from __future__ import annotations

from django.apps import AppConfig


class WikiConfig(AppConfig):
    """Registers updaters of derived data, background jobs, parser functions and signal receivers."""

    name = "wiki"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register all parts, those of derived data in the order in which they are updated."""
        import reversion
        from django.db.models.signals import post_save

        from wiki.accounts.models import User
        from wiki.ask.embedding import embedded_results, result_cache
        from wiki.ask.embedding.result_cache import RefreshResultsJob, ResultCache, ResultCacheInvalidator
        from wiki.facts import fact_functions
        from wiki.facts.fact_updater import FactUpdater
        from wiki.facts.property_pages import ReparseFactsJob
        from wiki.forks.auto_pull import AutoPullJob
        from wiki.forks.notifications import UpstreamEmailJob
        from wiki.history.passage_updater import PassageUpdater
        from wiki.pages import background_jobs, deferred_content, similar_titles
        from wiki.pages.models import Kind, PageText, invalidate_places_of
        from wiki.pages.rendering.link_table import LinkTableUpdater
        from wiki.pages.rendering.page_renderer import RenderUpdater
        from wiki.pages.writing import derived_data
        from wiki.remotes.mirror_polling import MirrorPollJob
        from wiki.search import outbox
        from wiki.search.fuzzy_titles import find_fuzzy_titles
        from wiki.search.index_updates import IndexUpdateJob
        from wiki.search.search_text_updater import SearchTextUpdater
        from wiki.text.markup.parser_functions import PARSER_FUNCTIONS

        reversion.register(PageText)
        PARSER_FUNCTIONS.update({**fact_functions.CALLS, **embedded_results.DEFERRED_CALLS})
        deferred_content.set_provider(ResultCache())
        similar_titles.set_finder(find_fuzzy_titles)
        derived_data.register(LinkTableUpdater())
        derived_data.register(FactUpdater())
        derived_data.register(PassageUpdater())
        derived_data.register(RenderUpdater())
        derived_data.register(SearchTextUpdater())
        derived_data.register(ResultCacheInvalidator())
        background_jobs.register(ReparseFactsJob(result_cache.invalidate_facts))
        background_jobs.register(RefreshResultsJob())
        background_jobs.register(AutoPullJob())
        background_jobs.register(UpstreamEmailJob())
        background_jobs.register(MirrorPollJob())
        background_jobs.register(IndexUpdateJob())
        outbox.connect_signals()
        post_save.connect(invalidate_places_of, sender=User, dispatch_uid="wiki.invalidate_places_of")
        post_save.connect(result_cache.invalidate_kinds, sender=Kind, dispatch_uid="wiki.invalidate_kinds")
