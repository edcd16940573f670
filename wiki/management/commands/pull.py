"""`manage.py pull "Place:Title"`: what moved in the original of a fork is taken in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wiki.errors import WikiError
from wiki.forks import pull_merge
from wiki.forks.fork_status import ForkStatus, find_fork_status
from wiki.forks.pull_merge import SIDES, Merge, Side
from wiki.management import command_options
from wiki.pages import page_lookup
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import PageVersion, WikiPage
from wiki.remotes import mirror_polling


class Command(BaseCommand):
    """Take in the original of a fork; clashes are told and nothing is written, unless a side is chosen for them."""

    help = "Take what moved in the original into a fork: clean changes by themselves, clashes as one side has them."

    def add_arguments(self, parser: CommandParser) -> None:
        """The fork, and what is to stand where both sides changed the same words."""
        parser.add_argument("title", help="full title of the fork")
        group = parser.add_mutually_exclusive_group()
        for side in SIDES:
            group.add_argument(
                f"--{side}", dest="side", action="store_const", const=side, help=f"{side} where they clash"
            )
        parser.add_argument("--until", type=int, metavar="VERSION", help="of the original (by default the last)")
        parser.add_argument("-m", "--message", default="", help="comment of the new version")
        command_options.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Pull, and say what came of it. Raises CommandError where there are clashes, or nothing to pull from."""
        page, by = command_options.get_page_by_title(options["title"]), command_options.get_author(options["by"])
        found = find_fork_status(page, AnonymousUser())
        if found is None or found.upstream is None:
            raise CommandError(f"«{page.full_title}» has no original here.")
        upstream = found.upstream
        if found.is_elsewhere:
            found = self._asked(page, upstream) or found
        side: Side | None = options["side"]
        try:
            merge = Merge.of(page, pull_merge.upstream_version(page_lookup.reload_page(upstream.pk), options["until"]))
            answer = self._pull(merge, found, side, lambda text: merge.save(text, by, options["message"]).version)
        except PageVersion.DoesNotExist as error:
            raise CommandError(f"«{upstream.full_title}» has no version {options['until']}.") from error
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        self.stdout.write(command_options.as_json(answer) if options["format"] == "json" else _said(answer))
        if answer["clashes"] and side is None:
            raise CommandError("Both sides changed the same: choose --ours, --theirs or --both.")

    def _asked(self, page: WikiPage, upstream: WikiPage) -> ForkStatus | None:
        """How the fork stands once its original was asked on its own site; what came as a file cannot be asked."""
        mirror = Mirror.objects.filter(page=upstream).select_related("page").first()
        if mirror is None or not mirror.is_confirmed:
            return None
        try:
            mirror_polling.poll(mirror)
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        return find_fork_status(page, AnonymousUser())

    def _pull(self, merge: Merge, found: ForkStatus, side: Side | None, save: Any) -> dict[str, Any]:
        """Write the merge where that can be done, and what to answer."""
        clashes = [] if merge.is_done else merge.merged.conflicts
        answer: dict[str, Any] = {
            "title": merge.page.full_title,
            "version": merge.page.version,
            "changed": False,
            "behind": len(found.behind),
            "upstream": {"title": merge.theirs.page.full_title, "version": merge.theirs.number},
            "clashes": [
                {"property": one.property, "base": one.base, "ours": one.mine, "theirs": one.theirs} for one in clashes
            ],
        }
        if merge.is_done or (clashes and side is None):
            return answer
        return answer | {"version": save(merge.resolve_all(side or "ours")), "changed": True}


def _said(answer: dict[str, Any]) -> str:
    """The answer in words."""
    upstream = f"«{answer['upstream']['title']}», version {answer['upstream']['version']}"
    lines = [
        "\n".join([f"-- {clash['property'] or 'text'}: ours", clash["ours"], "-- theirs", clash["theirs"]])
        for clash in answer["clashes"]
    ]
    if answer["changed"]:
        lines.append(f"«{answer['title']}» has taken in {upstream}: version {answer['version']}.")
    elif not lines:
        lines.append(f"«{answer['title']}» has taken in {upstream} already.")
    return "\n".join(lines)
