"""Comments on proposals become the posts of a thread at each proposal."""

from itertools import groupby

from django.db import migrations
from django.utils.html import linebreaks

TITLES = {"fr": "Proposition", "en": "Proposal"}


def move_comments(apps, schema_editor):
    """Make a thread of the comments on each proposal. They were plain text, and stay so until they are edited."""
    models = [apps.get_model("wiki", name) for name in ("Proposal", "ProposalComment", "Thread", "Post")]
    Proposal, ProposalComment, Thread, Post = models
    comments = ProposalComment.objects.order_by("proposal_id", "made_at", "pk").iterator(chunk_size=500)
    for proposal_pk, group in groupby(comments, key=lambda comment: comment.proposal_id):
        proposal, posts = Proposal.objects.select_related("page").get(pk=proposal_pk), list(group)
        thread = Thread.objects.create(
            page_id=proposal.page_id, title=f"{TITLES.get(proposal.page.language, 'Proposal')} {proposal_pk}",
            author_id=proposal.by_id, author_name=proposal.by_name, created_at=posts[0].made_at,
            last_post_at=posts[-1].made_at, last_number=len(posts), shown_at=f"proposal/{proposal_pk}",
            resolved_at=proposal.resolved_at, resolved_by_id=proposal.resolved_by_id,
        )  # fmt: skip
        Proposal.objects.filter(pk=proposal_pk).update(thread=thread)
        rows = [
            Post(
                thread=thread, number=number, author_id=comment.by_id, author_name=comment.by_name,
                text=comment.text, html=linebreaks(comment.text, autoescape=True), created_at=comment.made_at,
            )
            for number, comment in enumerate(posts, start=1)
        ]  # fmt: skip
        Post.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    """Move the comments, then delete their table."""

    dependencies = [("wiki", "0040_discussions")]

    operations = [
        migrations.RunPython(move_comments, migrations.RunPython.noop),
        migrations.DeleteModel("ProposalComment"),
    ]
