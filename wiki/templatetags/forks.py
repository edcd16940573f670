"""Template tag for the boxes about the upstream and the forks of a page."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Q
from django.template.context import RequestContext

from wiki.forks.fork_adaptations import find_adaptations
from wiki.forks.fork_status import fork_counts
from wiki.moderation.models import Proposal
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Fork, WikiPage
from wiki.text.titles import MIRROR_NAMESPACE

register = template.Library()


@register.inclusion_tag("wiki/forks/_fork_boxes.html", takes_context=True)
def fork_boxes(context: RequestContext, page: WikiPage) -> dict[str, Any]:
    """Show the upstream and the forks of `page` that the user may read, its mirror, and the number of open proposals.

    Costs one database query for the forks, one for the proposals, that of `fork_counts` if the page is a fork, those of
    `find_adaptations` if it has forks, and one for the mirror in the mirror namespace. A view that knows that the page
    has neither forks nor an upstream sets `page.has_forks_or_proposals` to False, which leaves only the query for the
    mirror.
    """
    if not page.pk:
        return {}
    mirror = Mirror.objects.filter(page=page).first() if page.namespace == MIRROR_NAMESPACE else None
    if not getattr(page, "has_forks_or_proposals", True):
        return {"mirror": mirror}
    user = context["request"].user
    readable = WikiPage.objects.readable_by(user)
    forks = (
        Fork.objects.filter(Q(page=page) | Q(upstream=page, page__in=readable))
        .select_related("page", "upstream")
        .order_by("-made_at")
    )
    all_forks = list(forks)
    origin = next((fork for fork in all_forks if fork.page_id == page.pk), None)
    copies = [fork for fork in all_forks if fork.page_id != page.pk]
    return {
        "mirror": mirror,
        "origin": origin,
        "counts": fork_counts(page, origin, user) if origin is not None else None,
        "adaptations": find_adaptations(page, copies, user) if copies else None,
        "waiting": Proposal.objects.readable_by(user).open().filter(page=page).count(),
        "page": page,
    }
