"""Two more kinds of page: services and charters."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

KINDS = [
    ("service", "Service", "Service", "Services", "Services", "resource", "blue", 75),
    ("charter", "Charte", "Charter", "Chartes", "Charters", "article", "plum", 80),
]


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the kinds, unless a kind with this key is there."""
    Kind = apps.get_model("wiki", "Kind")
    for key, name_fr, name_en, plural_fr, plural_en, icon, colour, order in KINDS:
        names = {"name_fr": name_fr, "name_en": name_en, "plural_fr": plural_fr, "plural_en": plural_en}
        Kind.objects.get_or_create(key=key, defaults={**names, "icon": icon, "colour": colour, "order": order})


def unmake(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Leave the kinds: pages may have them."""


class Migration(migrations.Migration):
    dependencies = [("wiki", "0029_file_versions")]
    operations = [migrations.RunPython(make, unmake)]
