"""Rename tables and columns to the standard terms of `docs/glossary.md`.

Databases rename the columns of their indexes and constraints by themselves, so these change in Django's state only.
"""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MODELS = {
    "Batch": "Changeset",
    "Link": "PageLink",
    "Need": "CacheDependency",
    "Turn": "CacheEpoch",
    "Waiting": "OutboxEntry",
    "PageWords": "PageSearchText",
    "Remark": "ProposalComment",
    "Telling": "UpstreamSubscription",
}
LIFETIME = {"born": "added_in", "died": "removed_in", "born_at": "added_at", "died_at": "removed_at"}
FIELDS = {
    "property": {"leads_to": "redirects_to"},
    "pageversion": {"batch": "changeset"},
    "fork": {"follower": "auto_pull_user", "tried": "last_tried_version"},
    "proposal": {
        "settled_by": "resolved_by",
        "settled_at": "resolved_at",
        "lacking": "pending_consents",
        "word": "decline_reason",
    },
    "wikipage": {"stamp": "cache_version"},
    "pagelink": {"near_key": "place_key"},
    "renderedpage": {
        "holes": "placeholders",
        "answers": "results",
        "box": "fact_box",
        "has_box": "has_fact_box",
        "fresh": "results_release",
        "fresh_until": "expires_at",
    },
    "cachedependency": {"word": "value"},
    "fact": {
        **LIFETIME,
        "word": "canonical_value",
        "fold": "folded_text",
        "near_key": "place_key",
        "far_key": "root_key",
    },
    "passage": LIFETIME,
    "mirror": {"asked_at": "polled_at", "mark": "validator"},
    "upstreamsubscription": {"told": "last_notified_version"},
    "pagesearchtext": {"home": "title_prefix"},
}


def rename_outbox_entries(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """The outbox names models: what waits for the search index names the renamed one."""
    apps.get_model("wiki", "OutboxEntry").objects.filter(model="wiki.pagewords").update(model="wiki.pagesearchtext")


def restore_outbox_entries(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Undo it."""
    apps.get_model("wiki", "OutboxEntry").objects.filter(model="wiki.pagesearchtext").update(model="wiki.pagewords")


class Migration(migrations.Migration):
    dependencies = [("wiki", "0014_telling")]
    operations = [
        migrations.RenameIndex("passage", new_name="passage_removed", old_name="passage_died"),
        *(migrations.RenameModel(old, new) for old, new in MODELS.items()),
        *(migrations.RenameField(model, old, new) for model, names in FIELDS.items() for old, new in names.items()),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(
                    model_name="cachedependency",
                    name="one_need_each",
                ),
                migrations.RemoveConstraint(
                    model_name="passage",
                    name="one_passage_each",
                ),
                migrations.RemoveIndex(
                    model_name="cachedependency",
                    name="need_found",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_word",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_number",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_fold",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_place",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_subject",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_page",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_target",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_near",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_life",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_then",
                ),
                migrations.RemoveIndex(
                    model_name="fact",
                    name="fact_wrong",
                ),
                migrations.RemoveIndex(
                    model_name="passage",
                    name="passage_alive",
                ),
                migrations.RemoveIndex(
                    model_name="passage",
                    name="passage_dead",
                ),
                migrations.RemoveIndex(
                    model_name="passage",
                    name="passage_removed",
                ),
                migrations.RemoveIndex(
                    model_name="renderedpage",
                    name="rendered_stale",
                ),
                migrations.RemoveIndex(
                    model_name="renderedpage",
                    name="rendered_today",
                ),
                migrations.AddIndex(
                    model_name="cachedependency",
                    index=models.Index(fields=["sort", "key", "value"], name="need_found"),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        condition=models.Q(("removed_in", None)),
                        fields=["property", "canonical_value", "subject"],
                        name="fact_word",
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        condition=models.Q(("removed_in", None)),
                        fields=["property", "number", "subject"],
                        name="fact_number",
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        models.F("property"),
                        django.db.models.functions.text.Substr("folded_text", 1, 40),
                        models.F("subject"),
                        condition=models.Q(("removed_in", None)),
                        name="fact_fold",
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        condition=models.Q(("removed_in", None)),
                        fields=["property", "lat", "lon", "subject"],
                        name="fact_place",
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        condition=models.Q(("removed_in", None)), fields=["subject", "property"], name="fact_subject"
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(condition=models.Q(("removed_in", None)), fields=["page"], name="fact_page"),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        condition=models.Q(("problem__isnull", False), ("removed_in", None)),
                        fields=["property"],
                        name="fact_wrong",
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        condition=models.Q(("datatype", "_wpg"), ("removed_in", None)),
                        fields=["canonical_value"],
                        name="fact_target",
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(
                        condition=models.Q(("place_key", ""), _negated=True), fields=["place_key"], name="fact_near"
                    ),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(fields=["page", "removed_in"], name="fact_life"),
                ),
                migrations.AddIndex(
                    model_name="fact",
                    index=models.Index(fields=["property", "canonical_value", "added_at"], name="fact_then"),
                ),
                migrations.AddIndex(
                    model_name="passage",
                    index=models.Index(condition=models.Q(("removed_in", None)), fields=["page"], name="passage_alive"),
                ),
                migrations.AddIndex(
                    model_name="passage",
                    index=models.Index(
                        condition=models.Q(("removed_in__isnull", False)),
                        fields=["page", "identity"],
                        name="passage_dead",
                    ),
                ),
                migrations.AddIndex(
                    model_name="passage",
                    index=models.Index(fields=["page", "removed_in"], name="passage_removed"),
                ),
                migrations.AddIndex(
                    model_name="renderedpage",
                    index=models.Index(
                        condition=models.Q(("results_release", "")), fields=["page"], name="rendered_stale"
                    ),
                ),
                migrations.AddIndex(
                    model_name="renderedpage",
                    index=models.Index(
                        condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="rendered_today"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cachedependency",
                    constraint=models.UniqueConstraint(
                        fields=("rendered", "sort", "key", "value"), name="one_need_each"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="passage",
                    constraint=models.UniqueConstraint(fields=("page", "added_in", "rank"), name="one_passage_each"),
                ),
            ]
        ),
        migrations.AlterField(
            model_name="cachedependency",
            name="rendered",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="dependencies", to="wiki.renderedpage"
            ),
        ),
        migrations.AlterField(
            model_name="pagesearchtext",
            name="page",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="search_text",
                serialize=False,
                to="wiki.wikipage",
            ),
        ),
        migrations.AlterField(
            model_name="proposalcomment",
            name="proposal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="wiki.proposal"
            ),
        ),
        migrations.AlterField(
            model_name="upstreamsubscription",
            name="fork",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="upstream_subscriptions", to="wiki.fork"
            ),
        ),
        migrations.AlterField(
            model_name="upstreamsubscription",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="upstream_subscriptions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(rename_outbox_entries, restore_outbox_entries),
    ]
