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
        from wiki.ask import answering, keeping
        from wiki.ask.keeping import AnswersChore, Keeper, StalenessDeriver
        from wiki.facts import calls as fact_calls
        from wiki.facts.declaring import DeclarationsChore
        from wiki.facts.deriving import FactDeriver
        from wiki.forks.following import FollowChore
        from wiki.forks.telling import TellChore
        from wiki.history.deriving import PassageDeriver
        from wiki.pages import chores, derivers, late
        from wiki.pages import near as near_titles
        from wiki.pages.linking import LinkDeriver
        from wiki.pages.models import Kind, PageText, tell_places_of
        from wiki.pages.rendering import RenderDeriver
        from wiki.remotes.asking import AskChore
        from wiki.search import outbox
        from wiki.search.deriving import WordsDeriver
        from wiki.search.indexing import Indexing
        from wiki.search.near import near
        from wiki.text.calls import CALLS

        reversion.register(PageText)
        CALLS.update({**fact_calls.CALLS, **answering.CALLS})
        late.use(Keeper())
        near_titles.use(near)
        derivers.register(LinkDeriver())
        derivers.register(FactDeriver())
        derivers.register(PassageDeriver())
        derivers.register(RenderDeriver())
        derivers.register(WordsDeriver())
        derivers.register(StalenessDeriver())
        chores.register(DeclarationsChore(keeping.tell_facts))
        chores.register(AnswersChore())
        chores.register(FollowChore())
        chores.register(TellChore())
        chores.register(AskChore())
        chores.register(Indexing())
        outbox.connect()
        post_save.connect(tell_places_of, sender=User, dispatch_uid="wiki.tell_places_of")
        post_save.connect(keeping.tell_kinds, sender=Kind, dispatch_uid="wiki.tell_kinds")
