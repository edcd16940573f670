"""The licence texts in `licenses/`, and the index of their origins."""

from __future__ import annotations

import hashlib
import re
import tomllib

import pytest

from wiki.licenses.catalogue import FOLDER, LICENSES, text_of

INDEX = tomllib.loads((FOLDER / "index.toml").read_text(encoding="utf-8"))
SHIPPED = [license.id for license in LICENSES.values() if license.has_text]


def test_it_ships_27_texts_and_no_file_beside_them() -> None:
    assert len(SHIPPED) == 27
    assert set(INDEX) == set(SHIPPED)
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(SHIPPED)


@pytest.mark.parametrize("license_id", SHIPPED)
def test_each_text_is_as_collected(license_id: str) -> None:
    content = (FOLDER / INDEX[license_id]["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == INDEX[license_id]["sha256"] == LICENSES[license_id].sha256
    assert len(content) == INDEX[license_id]["size"] > 1000
    assert b"\r" not in content
    assert content.decode().endswith("\n")
    assert re.match(r"(npm|pypi) [a-z-]+@[0-9.]+:\S+$", LICENSES[license_id].origin)


@pytest.mark.parametrize(
    ("license_id", "phrase"),
    [
        ("CC-BY-SA-4.0", "Creative Commons Attribution-ShareAlike 4.0 International Public License"),
        ("CC-BY-SA-3.0", "(ii) a later version of this License"),
        ("CC-BY-2.0", "Attribution 2.0"),
        ("LAL-1.3", "Licence Art Libre 1.3"),
        ("etalab-2.0", "LICENCE OUVERTE"),
        ("ODbL-1.0", "Produced Work"),
        ("AGPL-3.0-or-later", "GNU AFFERO GENERAL PUBLIC LICENSE"),
        ("CERN-OHL-S-2.0", "Strongly Reciprocal"),
        ("GFDL-1.3-or-later", "GNU Free Documentation License"),
        ("MIT", "Permission is hereby granted"),
    ],
)
def test_each_file_has_the_text_of_its_licence(license_id: str, phrase: str) -> None:
    assert phrase in " ".join(text_of(license_id).split())


def test_it_takes_the_4_0_texts_of_creative_commons_itself() -> None:
    """The SPDX copy has another lettering in a paragraph of section 6 and lacks the closing notice."""
    for license_id in SHIPPED:
        if license_id.startswith("CC-BY-") and license_id.endswith("-4.0"):
            assert LICENSES[license_id].origin.startswith("pypi licensedcode-data@")
            assert text_of(license_id).endswith("Creative Commons may be contacted at creativecommons.org.\n")


def test_it_collects_by_package_name_and_names_no_registry() -> None:
    script = (FOLDER / "collect.py").read_text(encoding="utf-8")
    assert not re.search(r"https?://|pypi\.org|npmjs", script)
