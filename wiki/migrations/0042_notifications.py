"""Tables of watches and notifications. Subscriptions to upstream changes become watches, with what they are due."""

import django.db.models.deletion
import django.utils.timezone
import wiki.notifications.models
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def move_subscriptions(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make watches of the subscriptions. Versions of before are not fanned out, except those that are due there."""
    version_model = apps.get_model("wiki", "PageVersion")
    watch_model = apps.get_model("wiki", "Watch")
    notification_model = apps.get_model("wiki", "Notification")
    last = version_model.objects.aggregate(models.Max("pk"))["pk__max"] or 0
    apps.get_model("wiki", "FanOutCursor").objects.create(pk=1, done_to=last, slice_to=last)
    subscriptions = apps.get_model("wiki", "UpstreamSubscription").objects.select_related("fork", "user")
    for row in subscriptions.order_by("pk"):
        fork = row.fork
        watch_model.objects.create(
            user_id=row.user_id, target_kind="upstream", target=str(fork.page_id), page_id=fork.page_id,
            delivery="once",
        )  # fmt: skip
        due = version_model.objects.filter(page=fork.upstream_id, number__gt=row.last_notified_version)
        notification_model.objects.bulk_create(
            notification_model(
                recipient_id=row.user_id, kind="upstream", key=f"upstream:{fork.page_id}:{version.pk}",
                page_id=fork.page_id, version=version, actor_id=version.author_id,
                actor_name=version.author_name, made_at=version.recorded_at,
                email_due="once" if row.user.email else "",
            )
            for version in due.order_by("pk")
        )  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ('wiki', '0041_proposal_threads'),
    ]

    operations = [
        migrations.CreateModel(
            name='FanOutCursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('done_to', models.PositiveBigIntegerField(default=0)),
                ('slice_to', models.PositiveBigIntegerField(default=0)),
                ('last_recipient', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='NotificationSettings',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='notification_settings', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('language', models.CharField(default='fr', max_length=8)),
                ('watches_created', models.BooleanField(default=True)),
                ('watches_edited', models.BooleanField(default=False)),
                ('watch_delivery', models.CharField(choices=[('inbox', 'inbox only'), ('once', 'e-mail at once'), ('daily', 'e-mail once a day'), ('weekly', 'e-mail once a week')], default='inbox', max_length=8)),
                ('direct_delivery', models.CharField(choices=[('inbox', 'inbox only'), ('once', 'e-mail at once'), ('daily', 'e-mail once a day'), ('weekly', 'e-mail once a week')], default='inbox', max_length=8)),
                ('feed_token', models.CharField(default=wiki.notifications.models.new_feed_token, max_length=64, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target_kind', models.CharField(max_length=20)),
                ('target', models.CharField(max_length=255)),
                ('delivery', models.CharField(choices=[('inbox', 'inbox only'), ('once', 'e-mail at once'), ('daily', 'e-mail once a day'), ('weekly', 'e-mail once a week')], default='inbox', max_length=8)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='watches', to='wiki.wikipage')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watches', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('key', models.CharField(max_length=100)),
                ('count', models.PositiveIntegerField(default=1)),
                ('actor_name', models.CharField(blank=True, max_length=255)),
                ('data', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('email_due', models.CharField(blank=True, max_length=8)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changeset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wiki.changeset')),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wiki.wikipage')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wiki.pageversion')),
            ],
        ),
        migrations.CreateModel(
            name='WatchedQuestion',
            fields=[
                ('watch', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='question', serialize=False, to='wiki.watch')),
                ('text', models.TextField()),
                ('language', models.CharField(max_length=8)),
                ('rows', models.JSONField(default=dict)),
                ('site_state', models.CharField(blank=True, max_length=64)),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('next_check_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['recipient', '-made_at', '-id'], name='notification_inbox'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('done_at__isnull', True), ('read_at__isnull', True)), fields=['recipient', '-made_at', '-id'], name='notification_unread'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('email_due__gt', '')), fields=['email_due', 'recipient', 'made_at'], name='notification_email'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(fields=('recipient', 'key'), name='one_notification_each'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.UniqueConstraint(fields=('target_kind', 'target', 'user'), name='one_watch_each'),
        ),
        migrations.RunPython(move_subscriptions, migrations.RunPython.noop),
        migrations.DeleteModel(
            name='UpstreamSubscription',
        ),
    ]
