"""Licence compatibility: whether an adaptation of a work under one licence may be shared under another.

The rules are data: `licenses/compatibility.csv` (one row per rule, with the licences it covers,
the code for each target, and the legal source) and `licenses/upgrades.csv` (single pairs whose
target is no column of the table). The codes in both files:

    A  allowed      C  allowed if the source's notices are kept
    F  forbidden    R  not settled: refused, with the reason, until someone decides

The rules apply to *adaptations* (a fork with a changed text, one text inside another). Works side by
side, such as a page and its pictures, are a collection: each keeps its own licence.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, cast

from django.utils.translation import gettext

from wiki.licenses import catalogue, verdict_texts
from wiki.licenses.catalogue import UnknownLicense
from wiki.licenses.expressions import CompoundExpression, LicenseExpression, SimpleExpression, iter_license_ids, to_spdx

Code = Literal["A", "C", "R", "F"]

_BEST_FIRST = "ACRF"
_PRODUCED_WORK = "odbl-produced-work"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one source and one target, with its reason and its legal source.

    `message` and `obligations` are message ids and keys. `reason` and `obligation_texts` translate
    them when they are read, so that a pickled verdict can be shown in either language.
    """

    source: str
    target: str
    code: Code
    legal_source: str
    obligations: tuple[str, ...]
    message: str
    pair: tuple[str, str]

    @property
    def allowed(self) -> bool:
        """Return whether the wiki permits the adaptation (codes A and C); an unsettled pair is not permitted."""
        return self.code in ("A", "C")

    @property
    def is_settled(self) -> bool:
        """Return whether the table has a definite code for the pair (any code but R)."""
        return self.code != "R"

    @property
    def reason(self) -> str:
        """Return the reason as one sentence in the active language."""
        source, target = self.pair
        return gettext(self.message) % {
            "source": catalogue.license_name(source),
            "target": catalogue.license_name(target),
        }

    @property
    def obligation_texts(self) -> list[str]:
        """Return the obligations (notices to show or keep) as sentences in the active language."""
        return [gettext(verdict_texts.OBLIGATIONS[key]) for key in self.obligations]

    @property
    def source_name(self) -> str:
        """Return the name of the source licence in the active language."""
        return catalogue.license_name(self.source)

    @property
    def target_name(self) -> str:
        """Return the name of the target licence in the active language."""
        return catalogue.license_name(self.target)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: the code of a group of licences for each target.

    `same` is the code for an unchanged licence, `otherwise` that for a target without a column.
    `obligations` are those of the row; () means those of the licence in the catalogue.
    """

    key: str
    licenses: tuple[str, ...]
    same: Code
    codes: dict[str, Code]
    otherwise: Code
    obligations: tuple[str, ...]
    legal_source: str


# ---------------------------------------------------------------- the table


def _rows(name: str) -> list[dict[str, str]]:
    with (catalogue.FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _rule(row: dict[str, str]) -> Rule:
    return Rule(
        key=row["rule"],
        licenses=tuple(row["licenses"].split()),
        same=cast(Code, row["same"]),
        codes={target: cast(Code, row[target]) for target in TARGETS},
        otherwise=cast(Code, row["otherwise"]),
        obligations=tuple(row["asks"].split()),
        legal_source=row["legal source"],
    )


_TABLE = _rows("compatibility.csv")
TARGETS = tuple(column for column in _TABLE[0] if column in catalogue.LICENSES)
"""Ids of the licences that are columns of the table."""

RULES = {row["rule"]: _rule(row) for row in _TABLE}
_RULE_OF = {license_id: rule for rule in RULES.values() for license_id in rule.licenses}
_UPGRADES = {
    (row["source"], row["target"]): (cast(Code, row["code"]), row["legal source"]) for row in _rows("upgrades.csv")
}


# ---------------------------------------------------------------- look-ups


def check(source: str, target: str, *, produced_work: bool = False) -> Verdict:
    """Return whether an adaptation of `source` may be shared under `target`; never raises.

    Both are SPDX expressions. In the source, OR lets one choose the better licence and AND binds
    to all of them; in the target every licence named is promised, so each must be allowed.
    A source that cannot be parsed counts as "all rights reserved". With `produced_work`,
    ODbL-1.0 is the source of a map, chart or prose (ODbL §4.3), not of a database.
    """
    try:
        target_tree = catalogue.parse(target)
    except UnknownLicense:
        return Verdict(source, target, "F", "", (), verdict_texts.NOT_A_LICENSE, (source, target))
    try:
        source_tree = catalogue.parse(source)
    except UnknownLicense:
        rule = RULES["none"]
        pair = (source, target)
        return Verdict(source, target, "F", rule.legal_source, (), verdict_texts.REFUSALS["none"], pair)
    is_unchanged = isinstance(source_tree, CompoundExpression) and source_tree == target_tree
    verdict = _unchanged(source_tree) if is_unchanged else _to_every_target(source_tree, target_tree, produced_work)
    names = to_spdx(source_tree), to_spdx(target_tree)
    if verdict.allowed and source_tree != target_tree:
        # A refusal names the one pair that decides; a permission names the whole expressions.
        message = verdict_texts.ALLOWED if verdict.code == "A" else verdict_texts.ALLOWED_WITH_NOTICES
        verdict = replace(verdict, message=message, pair=names)
    return replace(verdict, source=names[0], target=names[1])


def check_all(sources: Iterable[str], target: str) -> Verdict:
    """Return whether works under several licences may be combined into one under `target`.

    The verdict is the strictest of all; if it allows, it has the obligations of all sources.
    Raises ValueError if `sources` is empty.
    """
    return _strictest([check(source, target) for source in sources])


def targets_for(source: str) -> list[Verdict]:
    """Return a verdict for leaving `source` unchanged, then one for each licence offered for pages.

    For the menu of the fork page: allowed licences can be chosen, the others show their `reason`.
    The first verdict is a refusal for licences that allow no adaptation at all (ND, none).
    """
    unchanged = check(source, source)
    others = (check(source, choice.value) for choice in catalogue.choices_for_text())
    return [unchanged, *(verdict for verdict in others if verdict.target != unchanged.target)]


# ---------------------------------------------------------------- expressions


def _unchanged(tree: LicenseExpression) -> Verdict:
    """Return the verdict for an unchanged compound licence: allowed unless a part forbids even its own licence."""
    worst = _strictest([_pair(license_id, license_id) for license_id in iter_license_ids(tree)])
    if not worst.allowed:
        return worst
    name = to_spdx(tree)
    return Verdict(name, name, "A", "", worst.obligations, verdict_texts.UNCHANGED, (name, name))


def _to_every_target(source: LicenseExpression, target: LicenseExpression, produced_work: bool) -> Verdict:
    return _strictest([_to_one_target(source, license_id, produced_work) for license_id in iter_license_ids(target)])


def _to_one_target(source: LicenseExpression, target: str, produced_work: bool) -> Verdict:
    """Return the verdict of an expression for one target id: the best part of an OR, the worst of an AND."""
    if isinstance(source, SimpleExpression):
        return _pair(source.id, target, produced_work)
    verdicts = [_to_one_target(part, target, produced_work) for part in source.parts]
    if source.operator == "OR":
        return min(verdicts, key=lambda verdict: _BEST_FIRST.index(verdict.code))
    return _strictest(verdicts)


def _strictest(verdicts: list[Verdict]) -> Verdict:
    """Return the verdict with the worst code; if all allow, it has the obligations of all."""
    worst = max(verdicts, key=lambda verdict: _BEST_FIRST.index(verdict.code))
    if not worst.allowed:
        return worst
    obligations = dict.fromkeys(key for verdict in verdicts for key in verdict.obligations)
    return replace(worst, obligations=tuple(obligations))


# ---------------------------------------------------------------- one pair


def _pair(source: str, target: str, produced_work: bool = False) -> Verdict:
    rule = _RULE_OF[source]
    if _RULE_OF[target].key == "none":
        return Verdict(source, target, "F", "", (), verdict_texts.NOT_A_LICENSE, (source, target))
    if produced_work and rule.key == "odbl" and source != target:
        rule = RULES[_PRODUCED_WORK]
    code, legal_source = _code_and_legal_source(rule, source, target)
    obligations: tuple[str, ...] = ()
    if code in ("A", "C"):
        obligations = rule.obligations or catalogue.LICENSES[source].obligations
    message = _message(rule, code, source, target)
    return Verdict(source, target, code, legal_source, obligations, message, (source, target))


def _code_and_legal_source(rule: Rule, source: str, target: str) -> tuple[Code, str]:
    if (source, target) in _UPGRADES:
        return _UPGRADES[source, target]
    code = rule.codes.get(target, rule.otherwise)
    if source == target and code not in ("A", "C"):
        # A row covers a group (CERN-OHL-W and -S): each member may keep its own licence, unless the
        # rule forbids even that (ND, none).
        code = rule.same
    return code, rule.legal_source


def _message(rule: Rule, code: Code, source: str, target: str) -> str:
    if code == "F":
        return verdict_texts.REFUSALS[rule.key]
    if code == "R":
        return verdict_texts.UNSETTLED
    if source == target:
        return verdict_texts.UNCHANGED
    return verdict_texts.ALLOWED if code == "A" else verdict_texts.ALLOWED_WITH_NOTICES
