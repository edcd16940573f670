"""May what is made from a work under one licence be shared under another?

The answers are data: `licenses/compatibility.csv` (one row per rule, with the licences it covers,
the answer for each target, and the legal source) and `licenses/upgrades.csv` (single pairs whose
target is no column of the table). The codes are theirs:

    A  allowed      C  allowed if the source's notices are kept
    F  forbidden    R  not settled: refused, with the reason, until someone decides

This is about *adaptations* (a fork with a changed text, one text inside another). Works side by
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
    """The answer for one source and one target, with its reason and its legal source.

    `because` and `duties` are words in the language of the reader at the moment of asking, so a
    verdict can be kept, pickled and shown in either language.
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
        """Tell whether the wiki lets it happen: A and C; what is unsettled is refused."""
        return self.code in ("A", "C")

    @property
    def is_settled(self) -> bool:
        """Tell whether the table has a certain answer; False leaves room for a decision."""
        return self.code != "R"

    @property
    def reason(self) -> str:
        """Return the reason as one sentence in the language of the reader."""
        source, target = self.pair
        return gettext(self.message) % {
            "source": catalogue.license_name(source),
            "target": catalogue.license_name(target),
        }

    @property
    def obligation_texts(self) -> list[str]:
        """Return what has to be shown or kept, as sentences in the language of the reader."""
        return [gettext(verdict_texts.OBLIGATIONS[need]) for need in self.obligations]

    @property
    def source_name(self) -> str:
        """Return the source in words, for a table."""
        return catalogue.license_name(self.source)

    @property
    def target_name(self) -> str:
        """Return the target in words, for a menu."""
        return catalogue.license_name(self.target)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: how a group of licences treats each target."""

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
"""The licences that are columns of the table."""

RULES = {row["rule"]: _rule(row) for row in _TABLE}
_RULE_OF = {license_id: rule for rule in RULES.values() for license_id in rule.licenses}
_UPGRADES = {
    (row["source"], row["target"]): (cast(Code, row["code"]), row["legal source"]) for row in _rows("upgrades.csv")
}


# ---------------------------------------------------------------- asking it


def check(source: str, target: str, *, produced_work: bool = False) -> Verdict:
    """Say whether an adaptation of `source` may be shared under `target`; never raises.

    Both are SPDX expressions. In the source, OR lets one choose the better licence and AND binds
    to all of them; in the target every licence named is promised, so each must be allowed.
    What cannot be read as a source counts as "all rights reserved". `produced_work` reads
    ODbL-1.0 as the source of a map, chart or prose (ODbL §4.3), not of a database.
    """
    try:
        goal = catalogue.parse(target)
    except UnknownLicense:
        return Verdict(source, target, "F", "", (), verdict_texts.NOT_A_LICENSE, (source, target))
    try:
        start = catalogue.parse(source)
    except UnknownLicense:
        nothing = RULES["none"]
        pair = (source, target)
        return Verdict(source, target, "F", nothing.legal_source, (), verdict_texts.REFUSALS["none"], pair)
    unchanged = isinstance(start, CompoundExpression) and start == goal
    found = _kept(start) if unchanged else _into_all(start, goal, produced_work)
    names = to_spdx(start), to_spdx(goal)
    if found.allowed and start != goal:
        # Refusals name the one pair that decides; a permission speaks of the whole.
        message = verdict_texts.ALLOWED if found.code == "A" else verdict_texts.ALLOWED_WITH_NOTICES
        found = replace(found, message=message, pair=names)
    return replace(found, source=names[0], target=names[1])


def check_all(sources: Iterable[str], target: str) -> Verdict:
    """Say whether several ingredients may be mixed into one work under `target`.

    Returns the verdict of the ingredient that decides (the strictest), with the obligations of
    all. Raises ValueError if there is no ingredient.
    """
    return _strictest([check(source, target) for source in sources])


def targets_for(source: str) -> list[Verdict]:
    """Return a verdict for keeping `source` and for each licence offered for pages, in that order.

    For the menu of the fork page: allowed ones can be chosen, the others show `because`. A source
    that cannot be kept (ND, none) says so in the first verdict.
    """
    kept = check(source, source)
    others = (check(source, choice.value) for choice in catalogue.choices_for_text())
    return [kept, *(verdict for verdict in others if verdict.target != kept.target)]


# ---------------------------------------------------------------- expressions


def _kept(tree: LicenseExpression) -> Verdict:
    """Keep a joined licence as it is: allowed unless one of its parts forbids even itself."""
    each = [_pair(license_id, license_id) for license_id in iter_license_ids(tree)]
    worst = _strictest(each)
    if not worst.allowed:
        return worst
    name = to_spdx(tree)
    return Verdict(name, name, "A", "", worst.obligations, verdict_texts.UNCHANGED, (name, name))


def _into_all(start: LicenseExpression, goal: LicenseExpression, produced_work: bool) -> Verdict:
    return _strictest([_from(start, license_id, produced_work) for license_id in iter_license_ids(goal)])


def _from(start: LicenseExpression, target: str, produced_work: bool) -> Verdict:
    if isinstance(start, SimpleExpression):
        return _pair(start.id, target, produced_work)
    parts = [_from(part, target, produced_work) for part in start.parts]
    if start.operator == "OR":
        return min(parts, key=lambda verdict: _BEST_FIRST.index(verdict.code))
    return _strictest(parts)


def _strictest(verdicts: list[Verdict]) -> Verdict:
    """Return the worst verdict; where all are allowed it carries everyone's obligations."""
    worst = max(verdicts, key=lambda verdict: _BEST_FIRST.index(verdict.code))
    if not worst.allowed:
        return worst
    every = dict.fromkeys(need for verdict in verdicts for need in verdict.obligations)
    return replace(worst, obligations=tuple(every))


# ---------------------------------------------------------------- one pair


def _pair(source: str, target: str, produced_work: bool = False) -> Verdict:
    rule = _RULE_OF[source]
    if _RULE_OF[target].key == "none":
        return Verdict(source, target, "F", "", (), verdict_texts.NOT_A_LICENSE, (source, target))
    if produced_work and rule.key == "odbl" and source != target:
        rule = RULES[_PRODUCED_WORK]
    code, legal_source = _answer(rule, source, target)
    obligations: tuple[str, ...] = ()
    if code in ("A", "C"):
        obligations = rule.obligations or catalogue.LICENSES[source].obligations
    message = _message(rule, code, source, target)
    return Verdict(source, target, code, legal_source, obligations, message, (source, target))


def _answer(rule: Rule, source: str, target: str) -> tuple[Code, str]:
    if (source, target) in _UPGRADES:
        return _UPGRADES[source, target]
    code = rule.codes.get(target, rule.otherwise)
    if source == target and code not in ("A", "C"):
        # A row speaks for a group (CERN-OHL-W and -S): each member may stay itself, unless the
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
