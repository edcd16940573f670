"""`manage.py pull "Place:Title"`: merge the changes of the upstream into a fork."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wiki.errors import WikiError
from wiki.forks import pull_merge
from wiki.forks.fork_status import ForkStatus, find_fork_status
from wiki.forks.pull_merge import Merge
from wiki.management import command_options
from wiki.pages import page_lookup
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import PageVersion, WikiPage
from wiki.remotes import mirror_polling
from wiki.text.merging.conflicts import SIDES, Side


class Command(BaseCommand):
    """Merge the upstream into a fork; with conflicts, nothing is written unless a side is chosen for them."""

    help = "Take what moved in the original into a fork: clean changes by themselves, clashes as one side has them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the fork, the side to choose in conflicts, and the upstream version."""
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
        """Pull and print the result. Raises CommandError if there are conflicts or there is no upstream."""
        page, by = command_options.get_page_by_title(options["title"]), command_options.get_author(options["by"])
        fork_status = find_fork_status(page, AnonymousUser())
        if fork_status is None or fork_status.upstream is None:
            raise CommandError(f"«{page.full_title}» has no original here.")
        upstream = fork_status.upstream
        if fork_status.is_elsewhere:
            fork_status = self._poll_upstream(page, upstream) or fork_status
        side: Side | None = options["side"]
        try:
            merge = Merge.of(page, pull_merge.upstream_version(page_lookup.reload_page(upstream.pk), options["until"]))
            data = self._pull(merge, fork_status, side, lambda text: merge.save(text, by, options["message"]).version)
        except PageVersion.DoesNotExist as error:
            raise CommandError(f"«{upstream.full_title}» has no version {options['until']}.") from error
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        self.stdout.write(command_options.as_json(data) if options["format"] == "json" else _message(data))
        if data["clashes"] and side is None:
            raise CommandError("Both sides changed the same: choose --ours, --theirs or --both.")

    def _poll_upstream(self, page: WikiPage, upstream: WikiPage) -> ForkStatus | None:
        """Poll the mirrored upstream and return the new status; None for a mirror from an archive, which has no URL."""
        mirror = Mirror.objects.filter(page=upstream).select_related("page").first()
        if mirror is None or not mirror.is_confirmed:
            return None
        try:
            mirror_polling.poll(mirror)
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        return find_fork_status(page, AnonymousUser())

    def _pull(self, merge: Merge, fork_status: ForkStatus, side: Side | None, save: Any) -> dict[str, Any]:
        """Save the merge if it has no open conflicts; return data about the result."""
        conflicts = [] if merge.is_done else merge.merged.conflicts
        data: dict[str, Any] = {
            "title": merge.page.full_title,
            "version": merge.page.version,
            "changed": False,
            "behind": len(fork_status.behind),
            "upstream": {"title": merge.theirs.page.full_title, "version": merge.theirs.number},
            "clashes": [
                {"property": conflict.property, "base": conflict.base, "ours": conflict.mine, "theirs": conflict.theirs}
                for conflict in conflicts
            ],
        }
        if merge.is_done or (conflicts and side is None):
            return data
        return data | {"version": save(merge.resolve_all(side or "ours")), "changed": True}


def _message(data: dict[str, Any]) -> str:
    """Return the result as text."""
    upstream = f"«{data['upstream']['title']}», version {data['upstream']['version']}"
    lines = [
        "\n".join([f"-- {conflict['property'] or 'text'}: ours", conflict["ours"], "-- theirs", conflict["theirs"]])
        for conflict in data["clashes"]
    ]
    if data["changed"]:
        lines.append(f"«{data['title']}» has taken in {upstream}: version {data['version']}.")
    elif not lines:
        lines.append(f"«{data['title']}» has taken in {upstream} already.")
    return "\n".join(lines)
