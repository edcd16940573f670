"""Small wikis as earlier releases wrote them, put into an empty database, so that tests can upgrade them.

`tests/data/upgrades/VERSION.json.gz` holds all rows of such a wiki, with the name of its last migration. At each
release one is added, so that the next release is tested to upgrade it:

    MOVILAB_DATA=$(mktemp -d) DJANGO_SETTINGS_MODULE=movilab.settings python -m tests.upgrades VERSION
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

FOLDER = Path(__file__).resolve().parent / "data/upgrades"
OTHERS = ("reversion.", "wagtailcore.page")
"""Tables of other apps that a wiki's rows need; all else (sites, groups, collections) comes with their migrations."""


def load(path: Path) -> None:
    """Bring the database back to the release of `path` and replace what it holds by the rows there."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    executor = MigrationExecutor(connection)
    executor.migrate([("wiki", data["migration"])])
    executor = MigrationExecutor(connection)
    apps = executor.loader.project_state([("wiki", data["migration"]), *_others(executor)]).apps
    with transaction.atomic():
        for label in _labels(apps):
            table = connection.ops.quote_name(apps.get_model(label)._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table}")
        types = _content_types(apps, data["content_types"])
        for label, rows in data["rows"].items():
            _insert(apps.get_model(label), rows, types)
    _reset_sequences([apps.get_model(label) for label in data["rows"]])


def _others(executor: MigrationExecutor) -> list[tuple[str, str]]:
    """The last migrations of all other apps."""
    return [node for node in executor.loader.graph.leaf_nodes() if node[0] != "wiki"]


def _labels(apps: Apps) -> list[str]:
    """The tables that a dump replaces; those that refer to others first."""
    labels = [model._meta.label_lower for model in apps.get_models(include_auto_created=True)]
    return [label for label in reversed(labels) if label.startswith(("wiki.", *OTHERS))]


def _content_types(apps: Apps, names: Mapping[str, str]) -> dict[int, int]:
    """From primary keys of content types in the dump to those here; made where they are missing."""
    model: Any = apps.get_model("contenttypes.contenttype")
    found = {}
    for key, name in names.items():
        app, _, kind = name.partition(".")
        found[int(key)] = model.objects.get_or_create(app_label=app, model=kind)[0].pk
    return found


def _insert(model: Any, rows: list[dict[str, Any]], types: Mapping[int, int]) -> None:
    """Insert rows as they are, without signals."""
    columns = {field.attname: field for field in model._meta.local_fields}
    for row in rows:
        values = {}
        for name, value in row.items():
            target = columns[name].remote_field and columns[name].remote_field.model._meta.label_lower
            values[name] = types[value] if target == "contenttypes.contenttype" else value
        instance = model(**values)
        instance.save_base(raw=True, force_insert=True)


def _reset_sequences(models: list[Any]) -> None:
    """On PostgreSQL, let new rows get keys after the inserted ones."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def schema() -> dict[str, Any]:
    """Columns, and constraints with indexes, of all tables of the wiki as the database has them."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith("wiki_"):
                columns = connection.introspection.get_table_description(cursor, table)
                constraints = connection.introspection.get_constraints(cursor, table)
                found[table] = {
                    "columns": sorted((column.name, bool(column.null_ok)) for column in columns),
                    "constraints": sorted(
                        [str(one["columns"]), one["unique"], one["primary_key"], str(one["foreign_key"])]
                        for one in constraints.values()
                    ),
                }
    return found


def dump(version: str) -> Path:
    """Write the rows of this wiki into the file of `version`; returns its path."""
    executor = MigrationExecutor(connection)
    apps = executor.loader.project_state().apps
    content_types: Any = apps.get_model("contenttypes.contenttype")
    rows = {}
    for label in reversed(_labels(apps)):
        model: Any = apps.get_model(label)
        names = [field.attname for field in model._meta.local_fields]
        if found := list(model._base_manager.order_by(model._meta.pk.attname).values(*names)):
            rows[label] = found
    data = {
        "migration": next(name for app, name in executor.loader.graph.leaf_nodes() if app == "wiki"),
        "content_types": {str(one.pk): f"{one.app_label}.{one.model}" for one in content_types.objects.all()},
        "rows": rows,
    }
    path = FOLDER / f"{version}.json.gz"
    text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def write_sample() -> None:
    """Write a small wiki: places, facts, a subobject, a query, a fork, a proposal with a comment, a deleted page."""
    from tests.factories import make_page, make_place
    from wiki.accounts.models import User
    from wiki.forks import fork_creation, notifications
    from wiki.forks.fork_creation import ForkTarget
    from wiki.forks.pull_merge import Merge
    from wiki.moderation import proposals
    from wiki.pages import page_lookup
    from wiki.pages.writing import page_moves, page_writer
    from wiki.pages.writing.page_writer import Author
    from wiki.search.models import SavedSearch

    alice = User.objects.create_superuser("alice", "alice@example.org", "le café est prêt")
    bob = User.objects.create_user("bob", "bob@example.org", "le café est prêt")
    make_page("Property:Places", "---\nHas type: Number\n---\n", by=alice)
    make_page("Property:Ville", "---\nHas type: Page\n---\n", by=alice)
    make_page("Property:Commune", "#REDIRECT [[Property:Ville]]", by=alice)
    query = "{{#ask: [[Places::>3]] | ?Places }}"
    place = make_place("Atelier", alice, f"---\nVille: Lyon\nPlaces: 12\n---\nUn lieu.\n\n{query}")
    facts, part = "---\nkind: Pratique\nCommune: Lyon\n---\n", "{{#subobject: étape|Durée=deux heures}}"
    text = f"{facts}# Pain\n\nUne recette de [[Lyon]].\n\n{part}"
    bread = make_page("Pain", text, by=alice)
    page_writer.edit(bread, text.replace("recette", "longue recette"), Author.of(alice))
    charter = make_page("Charte", "Nous partageons tout, voir [[Pain]].", by=alice, place=place)
    home = make_place("Fournil", bob, "---\nVille: Bron\nPlaces: 5\n---\nOn y cuit.")
    fork = fork_creation.fork(page_lookup.reload_page(bread.pk), ForkTarget(home), Author.of(bob))
    page_writer.edit(fork, f"{page_lookup.reload_page(fork.pk).source.text}\nAvec un mot de Bob.\n", Author.of(bob))
    merge = Merge.into_upstream(page_lookup.reload_page(fork.pk), page_lookup.reload_page(bread.pk))
    proposal = proposals.propose(merge, merge.merged.text or "", "Mieux", bob)
    proposals.add_comment(proposal, alice, "Merci, je regarde.")
    notifications.set_subscription(page_lookup.reload_page(fork.pk), bob, subscribed=True)
    page_writer.delete(make_page("Parti", "Un texte qui s'en va.", by=alice), Author.of(alice))
    page_moves.move(page_lookup.reload_page(charter.pk), "Règles", Author.of(alice))
    SavedSearch.objects.create(user=alice, name="pain", query="q=pain")


if __name__ == "__main__":
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    write_sample()
    print(dump(sys.argv[1]))
