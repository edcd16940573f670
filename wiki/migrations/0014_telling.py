
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wiki', '0013_mirrors'),
    ]

    operations = [
        migrations.CreateModel(
            name='Telling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('told', models.PositiveIntegerField()),
                ('fork', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tellings', to='wiki.fork')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tellings', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('fork', 'user'), name='one_telling_each')],
            },
        ),
    ]
