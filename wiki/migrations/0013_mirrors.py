
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wiki', '0012_answers_that_took_too_long'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mirror',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255)),
                ('title', models.CharField(max_length=255)),
                ('url', models.URLField(max_length=2000)),
                ('archive', models.URLField(blank=True, max_length=1500)),
                ('feed', models.URLField(blank=True, max_length=2000)),
                ('mark', models.CharField(blank=True, max_length=255)),
                ('asked_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mirror', to='wiki.wikipage')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('host', 'title', 'archive'), name='one_mirror_each')],
            },
        ),
    ]
