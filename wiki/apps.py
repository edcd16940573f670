"""The wiki as a Django app. What upper floors hang into lower ones is listed here, all of it."""

from __future__ import annotations

from django.apps import AppConfig


class WikiConfig(AppConfig):
    """Ready: the text model is known to reversion, every deriver to the writer, and to places their stewards."""

    name = "wiki"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what follows from a text, in the order of writing."""
        import reversion
        from django.db.models.signals import post_save

        from wiki.accounts.models import User
        from wiki.ask.embedding import embedded_results, result_cache
        from wiki.ask.embedding.result_cache import AnswersChore, Keeper, StalenessDeriver
        from wiki.facts import fact_functions
        from wiki.facts.fact_updater import FactDeriver
        from wiki.facts.property_pages import DeclarationsChore
        from wiki.forks.auto_pull import FollowChore
        from wiki.forks.notifications import TellChore
        from wiki.history.passage_updater import PassageDeriver
        from wiki.pages import background_jobs, deferred_content, similar_titles
        from wiki.pages.models import Kind, PageText, tell_places_of
        from wiki.pages.rendering.link_table import LinkDeriver
        from wiki.pages.rendering.page_renderer import RenderDeriver
        from wiki.pages.writing import derived_data
        from wiki.remotes.mirror_polling import AskChore
        from wiki.search import outbox
        from wiki.search.fuzzy_titles import near
        from wiki.search.index_updates import Indexing
        from wiki.search.search_text_updater import WordsDeriver
        from wiki.text.markup.parser_functions import CALLS

        reversion.register(PageText)
        CALLS.update({**fact_functions.CALLS, **embedded_results.CALLS})
        deferred_content.use(Keeper())
        similar_titles.use(near)
        derived_data.register(LinkDeriver())
        derived_data.register(FactDeriver())
        derived_data.register(PassageDeriver())
        derived_data.register(RenderDeriver())
        derived_data.register(WordsDeriver())
        derived_data.register(StalenessDeriver())
        background_jobs.register(DeclarationsChore(result_cache.tell_facts))
        background_jobs.register(AnswersChore())
        background_jobs.register(FollowChore())
        background_jobs.register(TellChore())
        background_jobs.register(AskChore())
        background_jobs.register(Indexing())
        outbox.connect()
        post_save.connect(tell_places_of, sender=User, dispatch_uid="wiki.tell_places_of")
        post_save.connect(result_cache.tell_kinds, sender=Kind, dispatch_uid="wiki.tell_kinds")
