from django.db import migrations, models
import django.db.models.deletion

COLUMNS = ("namespace", "full_title", "title_key", "title", "display_title", "title_fold", "is_place", "redirect_key")


def use_titles_of_today(apps, schema_editor):
    """Let each page have had its title of today since its creation, until the worker has derived former titles."""
    period = apps.get_model("wiki", "TitlePeriod")
    pages = apps.get_model("wiki", "WikiPage").objects.filter(title_key__isnull=False).order_by("pk")
    rows = []
    for pk, created_at, place_key, *columns in pages.values_list("pk", "created_at", "place__title_key", *COLUMNS).iterator():
        same = dict(zip(COLUMNS, columns))
        rows.append(period(page_id=pk, added_in=1, added_at=created_at, place_key=place_key or "", **same))
        if len(rows) == 1000:
            period.objects.bulk_create(rows)
            rows = []
    period.objects.bulk_create(rows)


class Migration(migrations.Migration):

    dependencies = [
        ('wiki', '0025_background_tasks'),
    ]

    operations = [
        migrations.CreateModel(
            name='TitlePeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('namespace', models.PositiveSmallIntegerField()),
                ('full_title', models.CharField(max_length=255)),
                ('title_key', models.CharField(max_length=255)),
                ('title', models.CharField(max_length=255)),
                ('display_title', models.CharField(blank=True, max_length=255)),
                ('title_fold', models.CharField(max_length=255)),
                ('is_place', models.BooleanField()),
                ('place_key', models.CharField(blank=True, max_length=255)),
                ('redirect_key', models.CharField(blank=True, max_length=255)),
                ('added_in', models.PositiveIntegerField()),
                ('removed_in', models.PositiveIntegerField(null=True)),
                ('added_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('page', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='title_periods', to='wiki.wikipage')),
            ],
            options={
                'indexes': [models.Index(fields=['title_key', 'added_at'], name='title_then'), models.Index(condition=models.Q(('redirect_key__gt', '')), fields=['redirect_key'], name='title_redirect')],
                'constraints': [models.UniqueConstraint(fields=('page', 'added_in'), name='one_title_each')],
            },
        ),
        migrations.RunPython(use_titles_of_today, migrations.RunPython.noop, elidable=True),
    ]
