"""The first rows: kinds of page, and the root that pages hang from."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

KINDS = [
    ("place", "Lieu", "Place", "Lieux", "Places", "teal"),
    ("project", "Projet", "Project", "Projets", "Projects", "indigo"),
    ("practice", "Pratique", "Practice", "Pratiques", "Practices", "ochre"),
    ("person", "Personne", "Person", "Personnes", "People", "plum"),
    ("organisation", "Organisation", "Organisation", "Organisations", "Organisations", "blue"),
    ("event", "Événement", "Event", "Événements", "Events", "rose"),
    ("resource", "Ressource", "Resource", "Ressources", "Resources", "olive"),
    ("article", "Article", "Article", "Articles", "Articles", "grey"),
]


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the kinds; name the page that Wagtail's own migration put at the root."""
    Kind = apps.get_model("wiki", "Kind")
    for order, (key, name_fr, name_en, plural_fr, plural_en, colour) in enumerate(KINDS, start=1):
        Kind.objects.create(
            key=key,
            name_fr=name_fr,
            name_en=name_en,
            plural_fr=plural_fr,
            plural_en=plural_en,
            icon=key,
            colour=colour,
            order=order * 10,
        )
    site = apps.get_model("wagtailcore", "Site").objects.filter(is_default_site=True).first()
    if site is not None:
        apps.get_model("wagtailcore", "Page").objects.filter(pk=site.root_page_id).update(
            title="Wiki", draft_title="Wiki"
        )


def unmake(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Going back drops the tables; nothing to do first."""


class Migration(migrations.Migration):
    dependencies = [
        ("wiki", "0002_pages"),
        ("wagtailcore", "0054_initial_locale"),
    ]
    operations = [migrations.RunPython(make, unmake)]
