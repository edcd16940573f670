"""The box that says where a page was forked from, and where it was forked to."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Q
from django.template.context import RequestContext

from wiki.forks.fork_status import fork_counts
from wiki.moderation.models import Proposal
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Fork, WikiPage
from wiki.text.titles import MIRROR_NAMESPACE

register = template.Library()


@register.inclusion_tag("wiki/forks/_boxes.html", takes_context=True)
def fork_boxes(context: RequestContext, page: WikiPage) -> dict[str, Any]:
    """Origin and copies of `page` as far as the reader may see them. One query, that of `state_of` for a fork,
    and one for proposals.

    None where the view has found out that there is nothing to show (`has_bonds`).
    """
    if not page.pk:
        return {}
    mirror = Mirror.objects.filter(page=page).first() if page.namespace == MIRROR_NAMESPACE else None
    if not getattr(page, "has_bonds", True):
        return {"mirror": mirror}
    user = context["request"].user
    readable = WikiPage.objects.readable_by(user)
    bonds = (
        Fork.objects.filter(Q(page=page) | Q(upstream=page, page__in=readable))
        .select_related("page", "upstream")
        .order_by("-made_at")
    )
    found = list(bonds)
    origin = next((fork for fork in found if fork.page_id == page.pk), None)
    copies = [fork for fork in found if fork.page_id != page.pk]
    return {
        "mirror": mirror,
        "origin": origin,
        "touch": fork_counts(page, origin, user) if origin is not None else None,
        "copies": copies,
        "waiting": Proposal.objects.readable_by(user).open().filter(page=page).count(),
        "page": page,
    }
