from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wiki', '0020_queued_email'),
    ]

    operations = [
        migrations.AddField(
            model_name='pagelink',
            name='sort_key',
            field=models.CharField(blank=True, default='', max_length=255),
            preserve_default=False,
        ),
    ]
