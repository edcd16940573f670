import django.db.models.deletion
from django.db import migrations, models

import wiki.facts.models


def render_again(apps, schema_editor):
    """Texts leave other holes now: have each page rendered again when it is next read."""
    apps.get_model("wiki", "RenderedPage").objects.update(version=0)


class Migration(migrations.Migration):

    dependencies = [
        ('wiki', '0004_facts'),
    ]

    operations = [
        migrations.RunPython(render_again, migrations.RunPython.noop),
        migrations.RemoveField(model_name='renderedpage', name='facts'),
        migrations.CreateModel(
            name='Need',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort', models.PositiveSmallIntegerField(choices=[(1, 'Fact'), (2, 'Property'), (3, 'Page'), (4, 'Seen'), (5, 'Text'), (6, 'Space'), (7, 'All'), (8, 'Card')])),
                ('key', wiki.facts.models.Bytewise(blank=True, max_length=255)),
                ('word', wiki.facts.models.Bytewise(blank=True, max_length=255)),
            ],
        ),
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('count', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='property',
            name='read_so_far',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='property',
            name='read_to',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='property',
            name='to_read',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='renderedpage',
            name='answers',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='renderedpage',
            name='box',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='renderedpage',
            name='fresh',
            field=models.CharField(default='-', max_length=8),
        ),
        migrations.AddField(
            model_name='renderedpage',
            name='fresh_until',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='renderedpage',
            name='has_box',
            field=models.BooleanField(default=True),
        ),
        migrations.AddIndex(
            model_name='property',
            index=models.Index(condition=models.Q(('to_read__gt', 0)), fields=['to_read'], name='property_to_read'),
        ),
        migrations.AddIndex(
            model_name='renderedpage',
            index=models.Index(condition=models.Q(('fresh', '')), fields=['page'], name='rendered_stale'),
        ),
        migrations.AddIndex(
            model_name='renderedpage',
            index=models.Index(condition=models.Q(('fresh_until__isnull', False)), fields=['fresh_until'], name='rendered_today'),
        ),
        migrations.AddField(
            model_name='need',
            name='rendered',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needs', to='wiki.renderedpage'),
        ),
        migrations.AddIndex(
            model_name='need',
            index=models.Index(fields=['sort', 'key', 'word'], name='need_found'),
        ),
        migrations.AddConstraint(
            model_name='need',
            constraint=models.UniqueConstraint(fields=('rendered', 'sort', 'key', 'word'), name='one_need_each'),
        ),
    ]
