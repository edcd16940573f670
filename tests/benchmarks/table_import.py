"""Measures the import of a table from the browser, without the browser; `make bench` calls it.

`table_import.py 1512`: a CSV table of 1,512 places with 28 columns, as «Tiers lieux 2019» has, of which ten are
mapped: read, checked for the preview, imported, and checked and imported again, when nothing changes.
"""

from __future__ import annotations

import csv
import io
import os
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

from tests.instances import Instance

COLUMNS = ("ID", "Nom", "Adresse", "CP", "Commune", "Code INSEE", "Région", "Site", "LAT", "LONG")
OTHER_COLUMNS = 18
TOWNS = (
    ("Nantes", "44300", "44109", "Pays de la Loire", 47.2, -1.5), ("Brest", "29200", "29019", "Bretagne", 48.4, -4.5),
    ("Lyon", "69007", "69123", "Auvergne-Rhône-Alpes", 45.7, 4.8),
    ("Lille", "59800", "59350", "Hauts-de-France", 50.6, 3.1),
)  # fmt: skip
SCRIPT = """
import io, sys, time
from datetime import timedelta
from django.utils import timezone, translation
from wiki.accounts.models import User
from wiki.exchange.models import TableImport
from wiki.exchange.table_import.column_guesses import guess_targets
from wiki.exchange.table_import.import_fields import FieldSet
from wiki.exchange.table_import.table_check import check_table
from wiki.exchange.table_import.table_reader import read_table
from wiki.exchange.table_import.table_writer import import_table

translation.activate("fr")
person = User.objects.get_or_create(username="anne")[0]
raw = open(sys.argv[1], "rb").read()
for round in ("first", "second"):
    begun = time.perf_counter()
    table = read_table(io.BytesIO(raw))
    was_read = time.perf_counter()
    mapping = guess_targets(table.columns, FieldSet("place", person))
    pending = TableImport.objects.create(
        person=person, kind_key="place", license="etalab-2.0", language="fr", content=table.dumped(), mapping=mapping,
        source="places", expires_at=timezone.now() + timedelta(days=1),
    )
    check_table(pending, person, lambda done, total: None)
    checked = time.perf_counter()
    import_table(pending, person, lambda done, total: None)
    written = time.perf_counter()
    counts = {name: count for name, count in pending.report.items() if isinstance(count, int)}
    print(f"{round} time: read {was_read - begun:.2f} s, preview {checked - was_read:.2f} s,", end=" ")
    print(f"import {written - checked:.1f} s; {counts}")
"""


def table_of(size: int) -> bytes:
    """Return a CSV table of `size` places."""
    numbers = random.Random(1)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, *(f"Autre {number}" for number in range(OTHER_COLUMNS))])
    for number in range(1, size + 1):
        town, postal_code, code, region, latitude, longitude = numbers.choice(TOWNS)
        point = (f"{latitude + numbers.uniform(-0.1, 0.1):.6f}", f"{longitude + numbers.uniform(-0.1, 0.1):.6f}")
        own = (number, f"Lieu {number}", f"{number} rue du Port", postal_code, town, code, region)
        others = [numbers.randrange(10**6) for _ in range(OTHER_COLUMNS)]
        writer.writerow([*own, f"https://lieu-{number}.example", *point, *others])
    return out.getvalue().encode()


def main(size: int) -> None:
    """Print the seconds of each step."""
    django.setup()
    with Instance.temporary() as instance:
        file = instance.data / "places.csv"
        file.write_bytes(table_of(size))
        out, errors = instance.script(SCRIPT, str(file)).communicate(3600)
        print(f"table of {size} rows\n{out}{errors}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1512)
