"""An index of the words that modelsearch's engine on PostgreSQL looks for: title and text joined.

modelsearch has one index for titles and one for texts, which a condition on both joined cannot use: each search would
read all entries.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAME = "wiki_searched_words"
TABLE = "wagtailsearch_indexentry"


def add(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index, on PostgreSQL."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"CREATE INDEX {NAME} ON {TABLE} USING gin ((title || body))")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop it again."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP INDEX {NAME}")


class Migration(migrations.Migration):
    dependencies = [
        ("wiki", "0010_forks_that_follow"),
        ("wagtailsearch", "0010_add_text_fields"),
    ]

    operations = [migrations.RunPython(add, remove)]
