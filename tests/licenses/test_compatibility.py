"""All codes of the compatibility table, and the rules that are not in the table."""

from __future__ import annotations

import pickle

import pytest
from django.utils import translation

from wiki.licenses import verdict_texts
from wiki.licenses.catalogue import LICENSES, License
from wiki.licenses.compatibility import RULES, TARGETS, check, check_all, targets_for

COLUMNS = ["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "LAL-1.3", "GFDL-1.3-or-later", "etalab-2.0", "ODC-By-1.0",
"ODbL-1.0", "GPL-3.0-or-later", "AGPL-3.0-or-later", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"]  # fmt: skip

# Copied from the reference by hand: the licences of each row, and one letter per column above.
TABLE = {
    "CC0-1.0 CC-PDM-1.0 PDDL-1.0 CC-PDDC Unlicense WTFPL 0BSD MIT-0": "AAAAAAAAAAAAA",
    "CC-BY-4.0": "FCCCRCCRCRCCC",
    "CC-BY-3.0 CC-BY-2.5 CC-BY-2.0 CC-BY-1.0 CC-BY-3.0-AT CC-BY-3.0-AU CC-BY-3.0-DE CC-BY-3.0-IGO CC-BY-3.0-NL "
    "CC-BY-3.0-US CC-BY-2.5-AU LicenseRef-CC-BY-3.0-FR LicenseRef-CC-BY-2.0-FR": "FCCCRCRRRRCCC",
    "CC-BY-SA-4.0": "FFAAFFFFCRFFF",
    "CC-BY-SA-3.0 CC-BY-SA-3.0-AT CC-BY-SA-3.0-DE CC-BY-SA-3.0-IGO LicenseRef-CC-BY-SA-3.0-FR": "FFARFFFFRRFFF",
    "CC-BY-SA-2.5 CC-BY-SA-2.0 CC-BY-SA-2.1-JP CC-BY-SA-2.0-UK LicenseRef-CC-BY-SA-2.0-FR": "FFARFFFFFFFFF",
    "CC-BY-SA-1.0": "FFFFFFFFFFFFF",
    "LAL-1.3 LAL-1.2": "FFAAFFFFFFFFF",
    "GFDL-1.3-or-later GFDL-1.2-or-later": "FFFFAFFFFFFFF",
    "GFDL-1.2-only": "FFFFFFFFFFFFF",
    "etalab-2.0 LicenseRef-etalab-1.0": "FCCCCACCRRRRR",
    "OGL-UK-3.0": "FCCRRRCCRRRRR",
    "ODC-By-1.0": "FRRRRRARRRRRR",
    "ODbL-1.0": "FFFFFFFAFFFFF",
    "GPL-3.0-or-later": "FFFFFFFFACFFF",
    "AGPL-3.0-or-later": "FFFFFFFFFAFFF",
    "MIT BSD-2-Clause BSD-3-Clause Apache-2.0 CERN-OHL-P-2.0": "FCCCCRRRCCCCC",
    "CERN-OHL-W-2.0 CERN-OHL-S-2.0": "FFFFFFFFFFFFF",
    "CC-BY-NC-4.0 CC-BY-NC-3.0 CC-BY-NC-2.0": "FFFFFFFFFFCCF",
    "CC-BY-NC-SA-4.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-2.5 CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.0-FR": "FFFFFFFFFFFAF",
    "CC-BY-ND-4.0 CC-BY-ND-3.0 CC-BY-ND-2.5 CC-BY-ND-2.0 CC-BY-ND-1.0 CC-BY-NC-ND-4.0 CC-BY-NC-ND-3.0 "
    "CC-BY-NC-ND-2.5 CC-BY-NC-ND-2.0 CC-BY-NC-ND-1.0": "FFFFFFFFFFFFF",
    "LicenseRef-All-Rights-Reserved LicenseRef-unknown": "FFFFFFFFFFFFF",
}
EXPECTED = {source: letters for sources, letters in TABLE.items() for source in sources.split()}
CELLS = [
    (source, target, letter)
    for source, letters in EXPECTED.items()
    for target, letter in zip(COLUMNS, letters, strict=True)
]


def test_the_table_covers_every_licence_of_the_catalogue() -> None:
    assert list(TARGETS) == COLUMNS
    assert set(EXPECTED) == set(LICENSES)
    covered = [license_id for rule in RULES.values() for license_id in rule.licenses]
    assert sorted(covered) == sorted(LICENSES)


@pytest.mark.parametrize(("source", "target", "letter"), CELLS)
def test_check_returns_the_code_of_the_table(source: str, target: str, letter: str) -> None:
    verdict = check(source, target)
    assert verdict.code == letter
    assert verdict.allowed is (letter in "AC")
    assert verdict.legal_source
    assert verdict.reason
    assert verdict.obligations == (LICENSES[source].obligations if letter in "AC" else ())


@pytest.mark.parametrize("target", COLUMNS)
def test_odbl_as_the_source_of_a_produced_work(target: str) -> None:
    verdict = check("ODbL-1.0", target, produced_work=True)
    assert verdict.code == ("A" if target == "ODbL-1.0" else "C")
    if target != "ODbL-1.0":
        assert verdict.obligations == ("odbl_notice", "database_behind")


def test_produced_work_applies_only_to_databases() -> None:
    assert not check("CC-BY-SA-4.0", "CC-BY-4.0", produced_work=True).allowed


@pytest.mark.parametrize("license", LICENSES.values(), ids=lambda license: license.id)
def test_a_licence_can_stay_unchanged_unless_it_forbids_changes(license: License) -> None:
    verdict = check(license.id, license.id)
    assert verdict.allowed is ("ND" not in license.id.split("-") and license.family != "none")
    if verdict.allowed:
        assert verdict.message == verdict_texts.UNCHANGED


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        # Upgrades come from the licence itself; 1.0 has no such clause.
        ("CC-BY-SA-2.0", "CC-BY-SA-2.5", "A"),
        ("CC-BY-SA-2.0", "CC-BY-SA-3.0", "A"),
        ("CC-BY-SA-2.5", "CC-BY-SA-3.0", "A"),
        ("CC-BY-SA-3.0", "LicenseRef-CC-BY-SA-3.0-FR", "A"),
        ("CC-BY-SA-1.0", "CC-BY-SA-2.0", "F"),
        # … and never backwards.
        ("CC-BY-SA-4.0", "CC-BY-SA-3.0", "F"),
        ("CC-BY-SA-3.0", "CC-BY-SA-2.5", "F"),
        ("GFDL-1.3-or-later", "GFDL-1.2-or-later", "F"),
        ("GFDL-1.2-only", "GFDL-1.2-or-later", "F"),
        # Weakly reciprocal hardware may become strongly reciprocal, not the other way.
        ("CERN-OHL-W-2.0", "CERN-OHL-S-2.0", "A"),
        ("CERN-OHL-S-2.0", "CERN-OHL-W-2.0", "F"),
        # BY-SA 4.0 is one-way to the GPL, both ways with the Free Art License.
        ("GPL-3.0-or-later", "CC-BY-SA-4.0", "F"),
        ("LAL-1.3", "CC-BY-SA-4.0", "A"),
        ("CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "C"),
        # No condition: any licence. A pair nobody settled: refused as such.
        ("CC0-1.0", "CERN-OHL-S-2.0", "A"),
        ("CC-BY-4.0", "CC-BY-SA-3.0", "R"),
        ("MIT", "CERN-OHL-S-2.0", "R"),
        ("CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "F"),
    ],
)
def test_pairs_that_are_no_cells_of_the_table(source: str, target: str, code: str) -> None:
    assert check(source, target).code == code


PORTS_OF_3 = {"CC-BY-SA-3.0-AT", "CC-BY-SA-3.0-DE", "LicenseRef-CC-BY-SA-3.0-FR"}
SHARE_ALIKE = {
    # Read in the clause of each licence text, as the legal source of each row names it. CC-BY-SA-4.0 and
    # CC-BY-NC-SA-4.0 are columns of the table. The texts of the French ports of BY-SA were not at hand.
    "CC-BY-SA-1.0": set[str](),
    "CC-BY-SA-2.0": {"CC-BY-SA-2.0-UK", "LicenseRef-CC-BY-SA-2.0-FR", "CC-BY-SA-2.1-JP", "CC-BY-SA-2.5", "CC-BY-SA-3.0"}
    | PORTS_OF_3,
    "CC-BY-SA-2.0-UK": {"CC-BY-SA-2.0", "LicenseRef-CC-BY-SA-2.0-FR", "CC-BY-SA-2.1-JP", "CC-BY-SA-2.5", "CC-BY-SA-3.0"}
    | PORTS_OF_3,
    "LicenseRef-CC-BY-SA-2.0-FR": {"CC-BY-SA-3.0"},
    "CC-BY-SA-2.1-JP": {"CC-BY-SA-2.5", "CC-BY-SA-3.0"} | PORTS_OF_3,
    "CC-BY-SA-2.5": {"CC-BY-SA-3.0"} | PORTS_OF_3,
    "CC-BY-SA-3.0": PORTS_OF_3,
    "CC-BY-SA-3.0-AT": {"CC-BY-SA-3.0"} | PORTS_OF_3 - {"CC-BY-SA-3.0-AT"},
    "CC-BY-SA-3.0-DE": {"CC-BY-SA-3.0"} | PORTS_OF_3 - {"CC-BY-SA-3.0-DE"},
    "LicenseRef-CC-BY-SA-3.0-FR": set[str](),
    "CC-BY-SA-3.0-IGO": {"CC-BY-SA-3.0"} | PORTS_OF_3,
    "CC-BY-SA-4.0": set[str](),
    "CC-BY-NC-SA-2.0": {"CC-BY-NC-SA-2.0-FR", "CC-BY-NC-SA-2.5", "CC-BY-NC-SA-3.0"},
    "CC-BY-NC-SA-2.0-FR": {"CC-BY-NC-SA-2.5", "CC-BY-NC-SA-3.0"},
    "CC-BY-NC-SA-2.5": {"CC-BY-NC-SA-3.0"},
    "CC-BY-NC-SA-3.0": set[str](),
    "CC-BY-NC-SA-4.0": set[str](),
}


@pytest.mark.parametrize("source", SHARE_ALIKE)
def test_share_alike_goes_to_later_versions_and_ports_with_the_same_elements(source: str) -> None:
    allowed = {target for target in SHARE_ALIKE if target != source and check(source, target).allowed}
    assert allowed - {"CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"} == SHARE_ALIKE[source]
    assert all("§" in check(source, target).legal_source for target in allowed)


def test_unsettled_pairs_are_refused_with_a_reason() -> None:
    verdict = check("CC-BY-SA-3.0", "LAL-1.3")
    assert not verdict.allowed
    assert not verdict.is_settled
    assert "not settled" in verdict.reason
    assert check("CC-BY-SA-1.0", "LAL-1.3").is_settled


@pytest.mark.parametrize("source", ["", "nonsense", "All rights reserved", "CC-BY-SA-4.0 OR nonsense"])
def test_an_invalid_source_counts_as_all_rights_reserved(source: str) -> None:
    verdict = check(source, "CC-BY-SA-4.0")
    assert verdict.code == "F"
    assert verdict.source == source
    assert "all rights are reserved" in verdict.reason


@pytest.mark.parametrize("target", ["", "nonsense", "LicenseRef-unknown", "LicenseRef-All-Rights-Reserved"])
def test_an_invalid_target_is_forbidden(target: str) -> None:
    assert check("CC0-1.0", target).code == "F"


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ("CC-BY-SA-3.0 OR LAL-1.3", "LAL-1.3", "A"),  # the reader can choose the better one
        ("CC-BY-SA-3.0 AND LAL-1.3", "LAL-1.3", "R"),  # both apply
        ("CC-BY-SA-4.0 AND CC-BY-4.0", "CC-BY-SA-4.0", "C"),
        ("CC-BY-4.0 AND CC-BY-ND-4.0", "CC-BY-4.0", "F"),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0 OR LAL-1.3", "A"),  # both are promised
        ("CC-BY-4.0", "CC-BY-SA-4.0 OR CC0-1.0", "F"),
        ("LAL-1.3 OR CC-BY-SA-4.0", "CC-BY-SA-4.0 OR LAL-1.3", "A"),
        ("GFDL-1.3-or-later AND CC-BY-SA-3.0", "CC-BY-SA-3.0 AND GFDL-1.3-or-later", "A"),  # stays as it is
        ("GFDL-1.3-or-later AND CC-BY-SA-3.0", "CC-BY-SA-3.0", "F"),
        ("MIT AND CC-BY-ND-4.0", "CC-BY-ND-4.0 AND MIT", "F"),
        ("CC0-1.0 OR (CC-BY-NC-4.0 AND MIT)", "etalab-2.0", "A"),
    ],
)
def test_or_is_a_choice_and_and_means_both(source: str, target: str, code: str) -> None:
    assert check(source, target).code == code


def test_the_reason_names_the_part_that_decides() -> None:
    verdict = check("CC-BY-4.0 AND etalab-2.0", "GPL-3.0-or-later")
    assert verdict.code == "R"
    assert "Open Licence 2.0" in verdict.reason


def test_a_permission_names_the_whole_expressions() -> None:
    verdict = check("CC-BY-SA-4.0", "LAL-1.3 OR CC-BY-SA-4.0")
    assert verdict.reason.endswith("be shared under “CC BY-SA 4.0 or Free Art License 1.3”.")
    assert check("CC-BY-SA-4.0", "CC-BY-SA-4.0").reason == "The licence stays the same."


def test_obligations_of_all_parts_are_collected() -> None:
    verdict = check("CC-BY-4.0 AND etalab-2.0", "CC-BY-SA-4.0")
    assert verdict.code == "C"
    assert {"authors", "date", "no_endorsement"} <= set(verdict.obligations)
    assert len(verdict.obligation_texts) == len(set(verdict.obligation_texts)) == len(verdict.obligations)


def test_several_works_combined_into_one() -> None:
    assert check_all(["CC0-1.0", "CC-BY-4.0", "LAL-1.3"], "CC-BY-SA-4.0").code == "C"
    refused = check_all(["CC-BY-SA-4.0", "LAL-1.3"], "GPL-3.0-or-later")
    assert refused.code == "F"
    assert refused.source == "LAL-1.3"
    with pytest.raises(ValueError, match="empty"):
        check_all([], "CC0-1.0")


def test_targets_for_a_fork() -> None:
    menu = {verdict.target: verdict.allowed for verdict in targets_for("CC-BY-SA-3.0")}
    assert list(menu) == ["CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-SA-4.0 OR LAL-1.3", "CC-BY-4.0", "CC0-1.0", "LAL-1.3"]
    assert [target for target, allowed in menu.items() if allowed] == ["CC-BY-SA-3.0", "CC-BY-SA-4.0"]
    assert [verdict.target for verdict in targets_for("CC-BY-SA-4.0")].count("CC-BY-SA-4.0") == 1


def test_every_refusal_and_every_obligation_has_a_sentence() -> None:
    refusing = {rule.key for rule in RULES.values() if "F" in {*rule.codes.values(), rule.otherwise}}
    assert refusing == set(verdict_texts.REFUSALS)
    assert {key for rule in RULES.values() for key in rule.obligations} <= set(verdict_texts.OBLIGATIONS)


def test_reasons_are_in_the_active_language() -> None:
    verdict = pickle.loads(pickle.dumps(check("CC-BY-4.0", "CC0-1.0")))  # stored, then shown
    with translation.override("en"):
        assert verdict.reason == (
            "“CC BY 4.0” asks that its authors or sources be named; “CC0 1.0” would let readers leave them out."
        )
    with translation.override("fr"):
        assert verdict.reason == (
            "«\u202fCC BY 4.0\u202f» demande que ses auteurs ou ses sources soient nommés\u202f; "
            "«\u202fCC0 1.0\u202f» permettrait de les taire."
        )


def test_a_refusal_asks_for_nothing() -> None:
    refused = check_all(["CC-BY-4.0", "CC-BY-NC-4.0"], "CC-BY-SA-4.0")
    assert (refused.code, refused.obligations) == ("F", ())


def test_a_database_stays_a_database_even_as_the_source_of_a_map() -> None:
    assert check("ODbL-1.0", "ODbL-1.0", produced_work=True) == check("ODbL-1.0", "ODbL-1.0")
