from django.conf import settings
from django.db import migrations


def copy_addresses(apps, schema_editor):
    """Store the address of each account for allauth, as one that is not confirmed."""
    address_model = apps.get_model("account", "EmailAddress")
    users = apps.get_model("wiki", "User").objects.exclude(email="").values_list("pk", "email")
    known = set(address_model.objects.values_list("user_id", flat=True))
    address_model.objects.bulk_create(
        address_model(user_id=pk, email=email.lower(), primary=True)
        for pk, email in users.iterator()
        if pk not in known
    )


class Migration(migrations.Migration):

    dependencies = [
        ("wiki", "0037_blocks_log_protection"),
        ("account", "0009_emailaddress_unique_primary_email"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(copy_addresses, migrations.RunPython.noop, elidable=True)]
